import { listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts, Suspect } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import { departingOffers } from '../holds/departing.ts'
import { type Offer, remedies } from '../remedies/remedies.ts'
import type { CauseId, Finding, HeldBy } from './finding.ts'

/** What an incident's headline is made of. */
export interface Scene {
  readonly nodes: readonly string[]
  /** "`agent`", or "4 DaemonSets". */
  readonly who: Words
  /** Whether `who` is more than one. */
  readonly many: boolean
  readonly key: string | null
  readonly variant: string | null
  readonly heldBy: HeldBy | null
}

/** What docs and machines call a cause, and how it is told in one line. */
export interface Cause {
  readonly id: CauseId
  /** A word for machines and metrics. */
  readonly cause: string
  /** One line for the table of causes. */
  readonly title: string
  readonly headline: (scene: Scene) => Words
}

/**
 * A cause of a wrong pod. `of` says what it explains, so that two causes on one node are told apart from two names for one thing: `pod` (how the pod came
 * to be the DaemonSet's), `taint` (a taint whose key speaks for itself), `history` (how a pod and a taint came together), `placement` (why the controller deletes it).
 */
export interface PodCause extends Cause {
  readonly of: 'pod' | 'taint' | 'history' | 'placement'
  readonly holds: (suspect: Suspect) => boolean
  /** All findings of this cause, one for each key and variant. */
  readonly findings: (suspects: readonly Suspect[]) => readonly Finding[]
}

/** A wrong pod with the evidence that this cause found. */
export interface Case<E> extends Suspect {
  readonly evidence: E
}

/** The cases of one finding. */
export interface Found<E> {
  readonly facts: DaemonSetFacts
  readonly cases: readonly [Case<E>, ...Case<E>[]]
  /** Each once, in the snapshot's order. */
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
  readonly key: string | null
  readonly variant: string | null
  readonly heldBy: HeldBy | null
}

/** What a cause says of its cases. */
export interface Account {
  readonly summary: Words
  readonly why: Words
  readonly evidence: readonly Words[]
  readonly offers: readonly (Offer | undefined)[]
  readonly perNode?: Finding['perNode']
}

interface Definition<E> extends Cause {
  readonly of: PodCause['of']
  /** What shows that this cause holds; undefined: it does not. */
  readonly diagnose: (suspect: Suspect) => E | undefined
  /** What it hangs on, e.g. the taint key. null: on the DaemonSet. */
  readonly key: (suspect: Suspect, evidence: E) => string | null
  readonly variant?: (suspect: Suspect, evidence: E) => string | null
  /** The state of the node decides, not that of the pods: it ends with the node's state whatever becomes of them. */
  readonly ofNode?: boolean
  /** Its variants, the most urgent first. */
  readonly urgency?: readonly string[]
  readonly heldBy?: (suspect: Suspect) => HeldBy | null
  /** Whether the root is on the DaemonSet's own side: then it is an incident of its own. */
  readonly own?: boolean
  readonly explain: (found: Found<E>) => Account
}

/** Turns a cause's own knowledge into the form that the diagnosis goes through. */
export function defineCause<E>(definition: Definition<E>): PodCause {
  const { id, cause, title, headline, of, diagnose } = definition
  return {
    id,
    cause,
    title,
    headline,
    of,
    holds: (suspect) => diagnose(suspect) !== undefined,
    findings: (suspects) => sorted(definition, suspects).map((found) => finding(definition, found)),
  }
}

/** "`a` and `b`", "`a`, `b` and 7 more". */
export function names(nodes: readonly { readonly name: string }[], most = 3): Words {
  return listed(
    nodes.map(({ name }) => name),
    most,
  )
}

/** "Node `a`", "Nodes `a` and `b`", "9 nodes". */
export function nodesTitle(nodes: readonly string[]): Words {
  const [only] = nodes
  if (nodes.length === 1 && only !== undefined) return words`Node ${listed([only])}`
  return nodes.length <= 2 ? words`Nodes ${listed(nodes)}` : [`${nodes.length} nodes`]
}

/** `one` or `many`, by the count. */
export function plural(count: number, one: string, many: string): string {
  return count === 1 ? one : many
}

function sorted<E>(definition: Definition<E>, suspects: readonly Suspect[]): readonly Found<E>[] {
  const groups = new Map<
    string,
    { -readonly [K in keyof Found<E>]: Found<E>[K] } & { cases: [Case<E>, ...Case<E>[]] }
  >()
  for (const suspect of suspects) {
    const evidence = definition.diagnose(suspect)
    if (evidence === undefined) continue
    const key = definition.key(suspect, evidence)
    const variant = definition.variant?.(suspect, evidence) ?? null
    const heldBy = definition.heldBy?.(suspect) ?? null
    const one = { ...suspect, evidence }
    const id = JSON.stringify([key, variant, heldBy])
    const group = groups.get(id)
    if (group) group.cases.push(one)
    else
      groups.set(id, {
        facts: suspect.facts,
        cases: [one],
        nodes: [],
        pods: [],
        key,
        variant,
        heldBy,
      })
  }
  const place = ({ variant }: Pick<Found<E>, 'variant'>) =>
    definition.urgency?.indexOf(variant ?? '') ?? 0
  const ordered = [...groups.values()].sort((a, b) => place(a) - place(b))
  return ordered.map((group) => ({
    ...group,
    nodes: [...new Set(group.cases.map(({ node }) => node))],
    pods: [...new Set(group.cases.map(({ pod }) => pod))],
  }))
}

function finding<E>(
  { id, cause, own, of, ofNode, explain }: Definition<E>,
  found: Found<E>,
): Finding {
  const { facts, nodes, pods, key, variant, heldBy } = found
  const account = explain(found)
  const departing =
    of === 'placement' || ofNode ? [] : departingOffers({ suspects: found.cases, nodes, pods })
  return {
    id,
    heldBy,
    cause,
    variant,
    key,
    nodes: nodes.map(({ name }) => name),
    pods: pods.map(({ name }) => name),
    summary: account.summary,
    why: account.why,
    perNode: account.perNode ?? [],
    evidence: account.evidence,
    remedies: remedies(
      facts,
      [...departing, ...account.offers].filter((offer) => offer !== undefined),
    ),
    root: own || key === null ? `${facts.namespace}/${facts.name}` : `${id} ${key}`,
  }
}
