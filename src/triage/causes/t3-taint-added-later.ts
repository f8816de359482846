import type { Taint } from '../../kubernetes/objects.ts'
import {
  code,
  listed,
  names,
  nodesTitle,
  plural,
  theNodes,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import { type Misscheduling, wrongTaint } from '../facts/facts.ts'
import { MANAGED_FIELDS, REVISIONS } from '../facts/needs.ts'
import { waitingFor } from '../facts/pod-platform.ts'
import { together } from '../findings/cause.ts'
import {
  ADDED_LATER,
  askFirst,
  decideFirst,
  joinedFirst,
  openLine,
  orderOf,
  unreadTolerations,
} from '../findings/open-history.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { stillThere } from '../findings/presence.ts'
import { ifStaying, isFailing } from '../findings/staying.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { taintDrafts } from '../remedies/taint-drafts.ts'
import { otherTaintTexts } from '../remedies/tolerate-draft.ts'
import { belongingOf } from '../taints/belonging.ts'
import { isOfAnotherTaint, taintedBy, taintHistory, taintManager } from '../taints/taint-history.ts'
import { purposeOf, type TaintPurpose } from '../taints/taint-purpose.ts'
import { spreadOf, spreadWords } from '../taints/taint-spread.ts'
import { nearMiss, otherDaemonSetsTolerate } from '../taints/taint-tolerations.ts'
import { tellingText } from '../taints/taint-value.ts'
import { knownTaint, taintText } from '../taints/taints.ts'

interface LaterTaint {
  readonly taint: Taint
  readonly purpose: TaintPurpose
}

/**
 * A person or a tool added a taint after the pod was placed. NoSchedule leaves running pods alone.
 */
export const taintAddedLater = defineCause<LaterTaint>({
  id: 'T3',
  cause: 'taint-added-later',
  title: 'A taint was added to the node after the pod was placed',
  needs: [MANAGED_FIELDS, REVISIONS],
  explains: 'history',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    if (!taint || isOlderThanPod(misscheduling, taint)) return undefined
    return { taint, purpose: purposeOf(misscheduling, taint) }
  },
  key: (_, { taint }) => taint.key,
  taint: (_, { taint }) => taint,
  split: (_, { purpose }) => purpose.kind,
  headline(incident) {
    const { nodes, keys } = together(incident)
    return words`${nodesTitle(nodes)} ${plural(nodes.length, 'is', 'are')} tainted ${listed(keys, 2)}; ${stillThere(incident)}`
  },
  past(incident) {
    const { nodes, keys } = together(incident)
    return words`${theNodes(nodes)} ${plural(nodes.length, 'was', 'were')} tainted ${listed(keys, 2)}`
  },
  explain(group) {
    const { facts, nodes, cases } = group
    const { taint, purpose } = cases[0].evidence
    const found = { ...group, taint }
    const belonging = belongingOf(found)
    return {
      summary: words`${code(facts.name)} ${isFailing(group.pods) ? 'fails' : 'runs'} on ${names(nodes)} and does not tolerate ${code(tellingText(facts.index, taint))}.`,
      ifIgnored: ifStaying(group),
      why: words`${meaning(taint)}. ${orderWords(group)}`,
      perNode: cases.map((one) => ({ node: one.node.name, reason: reason(one) })),
      evidence: [
        ...evidence(group),
        ...belonging.clues.map(({ words }) => words),
        ...openEvidence(group),
      ],
      drafts: askedFirst(group, taintDrafts(found, { purpose, belonging })),
      isOpen: isOpen(group),
    }
  },
})

/** The controller would not have created the pod with the taint there, so this is another cause. */
function isOlderThanPod({ node, pod }: Misscheduling, taint: Taint): boolean {
  const tainted = taintedBy(node, taint)
  const created = pod.created
  return tainted !== undefined && created !== undefined && created > tainted.at + CLOCK_SKEW_MS
}

const CLOCK_SKEW_MS = 60_000

type Group = CaseGroup<LaterTaint>

function isOpen({ cases }: Group): boolean {
  return cases.some((one) => orderOf(one, one.evidence.taint) === 'open')
}

/** When the taint was added, and on what that rests. One sentence. */
function orderWords({ cases }: Group): Words {
  const orders = new Set(cases.map((one) => orderOf(one, one.evidence.taint)))
  const keeps = words`${code('NoSchedule')} keeps new pods away and leaves running ones`
  if (orders.has('open')) return words`When it was added is unknown; ${keeps}.`
  if (orders.has('likely'))
    return words`Judging by the last change of the taint list, it was added after the pods were placed: ${keeps}.`
  return orders.has('not-tolerated')
    ? words`The pods do not tolerate it either, so it was added after they were placed: ${keeps}.`
    : words`It was added after the pods were placed: ${keeps}.`
}

/** What else fits, if the order of pod and taint is open. */
function openEvidence({ cases }: Group): readonly Words[] {
  return cases
    .filter((one) => orderOf(one, one.evidence.taint) === 'open')
    .slice(0, 3)
    .map((one) =>
      openLine(
        one,
        [ADDED_LATER, joinedFirst(one), ...unreadTolerations(one)].filter(
          (cause) => cause !== undefined,
        ),
      ),
    )
}

/** If the order of pod and taint is open, it has to be found out before anything is deleted. */
function askedFirst(
  group: Group,
  drafts: readonly (RemedyDraft | undefined)[],
): readonly (RemedyDraft | undefined)[] {
  return isOpen(group)
    ? askFirst(drafts, decideFirst(group, ['managed-fields', 'tolerations', 'revisions']))
    : drafts
}

function meaning({ key }: Taint): Words {
  const known = knownTaint(key)
  return known.class === 'unknown'
    ? words`${code(key)} is not a taint of Kubernetes or of a known tool`
    : words`${code(key)} means that ${known.means}`
}

function reason({ node, evidence: { taint } }: Case<LaterTaint>): Words {
  const by = isOfAnotherTaint(node, taint) ? undefined : taintedBy(node, taint)
  const since = by
    ? words`, ${by.exact ? 'since' : 'tainted at'} ${time(new Date(by.at).toISOString())}${by.exact ? '' : ' or earlier'}`
    : []
  return words`${code(taintText(taint))}${since}`
}

function evidence({ facts, nodes, cases }: CaseGroup<LaterTaint>): readonly Words[] {
  const [{ node, evidence: first }] = cases
  const { taint, purpose } = first
  const lines: Words[] = cases.slice(0, 3).map(({ node: at, pod, evidence: one }) => {
    const created = pod.pod.metadata.creationTimestamp
      ? words`; pod ${code(pod.name)} created at ${time(pod.pod.metadata.creationTimestamp)}`
      : ''
    const waiting = waitingFor(pod.pod)
    const state = waiting ? words`, not Ready: ${code(waiting)}` : ''
    return words`${code(at.name)}: ${taintHistory(at, one.taint)}${created}${state}`
  })
  lines.push(
    words`${code(tellingText(facts.index, taint))}: ${spreadWords(spreadOf(facts.index, node.node, taint))}`,
  )
  const others = otherDaemonSetsTolerate(facts, node.name, taint)
  if (others) lines.push(others)
  const keeper = taintManager(node.node)
  if (keeper) lines.push(keeper)
  const near = nearMiss(facts, taint)
  if (near && !near.isMeant) lines.push(near.words)
  lines.push(...purpose.hints)
  const more = otherTaintTexts(facts, nodes, taint)
  if (more.length > 0)
    lines.push(words`these nodes have more taints that it does not tolerate: ${listed(more)}`)
  return lines
}
