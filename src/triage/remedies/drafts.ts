import {
  effectiveTolerations,
  keepsPodsAway,
  matchesToleration,
  toleratesTaint,
} from '../../daemonset/tolerations.ts'
import type { Taint, Toleration } from '../../kubernetes/objects.ts'
import { lastingFix } from '../../ownership/lasting-fix.ts'
import { undoesPatches } from '../../ownership/ownership.ts'
import { code, listed, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import type { PodFacts } from '../facts/pod-facts.ts'
import { isNodeInfrastructure, roleTitle } from '../facts/role.ts'
import { knownTaint, taintText, tolerationsFor } from '../taints/taints.ts'
import type { RemedyDraft } from './remedies.ts'

type Part = Pick<RemedyDraft, 'horizon' | 'why'> &
  Partial<Pick<RemedyDraft, 'title' | 'tempting' | 'choice'>>

/** Waiting, with a silence for the while. Nothing is changed, so nothing is tried. */
export function wait(
  title: Words,
  why: Words,
  part: Partial<Pick<RemedyDraft, 'tempting' | 'choice'>> = {},
): RemedyDraft {
  return { kind: 'wait', horizon: 'now', title, why, ...part }
}

/** Waiting where nothing ends it by itself: no answer, unless an owner that undoes patches has to roll out the lasting one first. */
export function waitForFix(
  { owner }: DaemonSetFacts,
  why: Words = ['Nothing ends it by itself.'],
): RemedyDraft {
  return undoesPatches(owner)
    ? wait(
        ['Wait for the lasting fix, with a silence'],
        words`A patch does not last. ${owner.revert}`,
        { choice: true },
      )
    : wait(['Wait'], why, { tempting: true })
}

export function nothing(why: Words): RemedyDraft {
  return { kind: 'none', horizon: 'for-good', title: ['Nothing to change'], why }
}

/**
 * Tolerations for the taint and for whatever else keeps the pod off these nodes and may be tolerated: one alone would leave the count as it is.
 * Where an owner undoes patches at once, only the lasting change helps.
 */
export function tolerate(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
  part: Part,
): RemedyDraft {
  // The roll-out removes old pods from every node that stays wrong, and other pods live on those of a pillar.
  const wrong = isNodeInfrastructure(facts.role) ? facts.nodes : nodes
  const tolerations = newTolerations(facts, [taint, ...otherTaints(facts, wrong, taint)])
  const reverted = part.horizon === 'now' && undoesPatches(facts.owner)
  const keys = [...new Set(tolerations.map(({ key }) => key ?? ''))]
  return {
    kind: 'tolerate',
    title: words`Tolerate ${listed(keys.length > 0 ? keys : [taint.key])}`,
    ...part,
    why: reverted ? words`${part.why} But a patch does not last. ${facts.owner.revert}` : part.why,
    ...(reverted && { choice: true }),
    ...(part.horizon === 'now' && !reverted && { commands: [patchCommand(facts, tolerations)] }),
    ...(part.horizon === 'for-good' && lastingSnippet(facts, tolerations)),
    change: { kind: 'tolerate', tolerations },
  }
}

function lastingSnippet(
  facts: DaemonSetFacts,
  tolerations: readonly Toleration[],
): Pick<RemedyDraft, 'snippet'> {
  const { snippet } = lastingFix(facts.owner, facts.daemonSet, tolerations)
  return snippet === undefined ? {} : { snippet }
}

/** Deleting the wrong pods, which nobody re-creates. undefined: none can be deleted, or other pods of the node live on them. */
export function deletePods(
  facts: DaemonSetFacts,
  pods: readonly PodFacts[],
  part: Part,
): RemedyDraft | undefined {
  const there = pods.filter(
    ({ state }) => state === 'live' || state === 'unbound' || state === 'terminal',
  )
  if (there.length === 0 || isNodeInfrastructure(facts.role)) return undefined
  const names = there.map(({ name }) => name)
  return {
    kind: 'delete-pod',
    title: names.length === 1 ? ['Delete the pod'] : words`Delete the ${names.length} pods`,
    ...part,
    commands: [`kubectl -n ${facts.namespace} delete pod ${typed(names)}`],
    change: { kind: 'delete-pods', pods: names },
  }
}

/** Why a pod of this DaemonSet is not offered for deletion; empty where it is. */
export function infrastructureNote(facts: DaemonSetFacts): Words {
  return isNodeInfrastructure(facts.role)
    ? words`Deleting its pod is not offered: it is ${roleTitle(facts.role)} (${facts.role.sign}), and other pods of the node live on it.`
    : []
}

export function removeTaint(nodes: readonly NodeFacts[], taint: Taint, part: Part): RemedyDraft {
  const names = nodes.map(({ name }) => name)
  const cordoned = nodes.filter(({ node }) => node.spec?.unschedulable).map(({ name }) => name)
  return {
    kind: 'remove-taint',
    title:
      names.length === 1
        ? words`Take the taint off ${listed(names)}`
        : [`Take the taint off these ${names.length} nodes`],
    ...part,
    commands: [
      `kubectl taint node ${typed(names, `${taint.key}:${taint.effect}-`)}`,
      ...(cordoned.length > 0 ? [`kubectl uncordon ${typed(cordoned)}`] : []),
    ],
    change: { kind: 'remove-taint', nodes: names, key: taint.key, effect: taint.effect },
  }
}

/** The untolerated taints of these nodes, as text, other than this one. */
export function otherTaintTexts(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
): readonly string[] {
  return [
    ...new Set(
      untolerated(facts, nodes)
        .filter(({ key }) => key !== taint.key)
        .map(taintText),
    ),
  ]
}

function otherTaints(
  facts: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
): readonly Taint[] {
  return untolerated(facts, nodes).filter(({ key }) => {
    const { tolerate: who } = knownTaint(key)
    return key !== taint.key && who !== 'never' && who !== 'bootstrap'
  })
}

function untolerated(facts: DaemonSetFacts, nodes: readonly NodeFacts[]): readonly Taint[] {
  const tolerations = effectiveTolerations(facts.daemonSet.spec.template.spec)
  const gates = facts.index.snapshot.featureGates
  return nodes.flatMap(({ node }) =>
    (node.spec?.taints ?? []).filter(
      (one) =>
        keepsPodsAway(one) &&
        !tolerations.some((toleration) => toleratesTaint(toleration, one, gates)),
    ),
  )
}

function newTolerations(facts: DaemonSetFacts, taints: readonly Taint[]): readonly Toleration[] {
  const own = facts.daemonSet.spec.template.spec?.tolerations ?? []
  const added: Toleration[] = []
  for (const taint of taints) {
    if (added.some((toleration) => toleratesTaint(toleration, taint))) continue
    for (const toleration of tolerationsFor(taint)) {
      if (![...own, ...added].some((other) => matchesToleration(other, toleration)))
        added.push(toleration)
    }
  }
  return added
}

const MOST_TYPED = 20

/** Names for a command line, not more than one would paste, and what follows them. */
function typed(names: readonly string[], then = ''): string {
  const line = [...names.slice(0, MOST_TYPED), ...(then ? [then] : [])].join(' ')
  return names.length > MOST_TYPED ? `${line}   # and ${names.length - MOST_TYPED} more` : line
}

// Tolerations are an atomic list: a merge patch would erase the ones that are there.
function patchCommand(facts: DaemonSetFacts, tolerations: readonly Toleration[]): string {
  const path = '/spec/template/spec/tolerations'
  const patch = facts.daemonSet.spec.template.spec?.tolerations
    ? tolerations.map((value) => ({ op: 'add', path: `${path}/-`, value }))
    : [{ op: 'add', path, value: tolerations }]
  return `kubectl -n ${facts.namespace} patch daemonset ${facts.name} --type=json -p '${JSON.stringify(patch)}'`
}
/** A required node affinity that leaves nodes with this label out, as YAML for the pod template. */
export function placementSnippet({
  key,
  value,
}: {
  readonly key: string
  readonly value: string
}): string {
  return `affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - key: ${key}
              operator: NotIn
              values: [${JSON.stringify(value)}]
`
}
/** Touching the DaemonSet, so that the controller counts again. No pod restarts: an annotation of the object is not part of the template. */
export function recountDraft(
  { namespace, name }: DaemonSetFacts,
  why: Words,
  part: Pick<RemedyDraft, 'tempting' | 'choice'> = {},
): RemedyDraft {
  return {
    kind: 'recount',
    horizon: 'now',
    title: words`Touch ${code(name)}, so that it is counted again`,
    why: words`${why} It sets an annotation; no pod restarts.`,
    ...part,
    commands: [
      `kubectl -n ${namespace} annotate daemonset ${name} daemonset-triage/recount="$(date +%s)" --overwrite`,
    ],
    change: { kind: 'recount' },
  }
}
