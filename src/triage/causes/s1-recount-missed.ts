import { code, counted, listed, names, plural, type Words, words } from '../../words/words.ts'
import { type ChangedNode, changedNodes, deletedNodes } from '../facts/changed-nodes.ts'
import { hasSeenSpec, hasStaleCountFault } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { NAMESPACES } from '../facts/needs.ts'
import type { SnapshotIndex } from '../facts/snapshot-index.ts'
import type { CauseReport } from '../findings/report.ts'
import { defineStatusCause, statusCount } from '../findings/status-cause.ts'
import { nothing, recountDraft, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

interface StaleStatus {
  /** `numberMisscheduled` of the status. */
  readonly status: number
  /** Whether the server version has the known fault. */
  readonly fault: 'yes' | 'no' | 'unknown'
  /** `deleted`: nodes that were deleted. `changed`: other nodes. `unknown`: nothing shows which. */
  readonly kind: 'deleted' | 'changed' | 'unknown'
  /** The nodes that the status still counts, by name; for `changed` that is a guess. */
  readonly nodes: readonly ChangedNode[]
}

/** What made the pods wrong is gone, and the controller has not recounted. */
export const recountMissed = defineStatusCause<StaleStatus>({
  id: 'S1',
  cause: 'recount-missed',
  title:
    'The status is too high: the controller has not recounted (a node was deleted, or a known fault in 1.33 and 1.34.0)',
  isFalseAlarm: () => true,
  headline: ({ who, many, variant }) =>
    words`${who} ${many ? 'are' : 'is'} fine, ${variant === 'node-deleted' ? `${many ? 'their' : 'its'} status still counts a deleted node` : many ? 'their counts are stale' : 'its count is stale'}`,
  past: ({ who, many, variant }) =>
    words`${who} ${many ? 'were' : 'was'} fine, ${variant === 'node-deleted' ? `${many ? 'their' : 'its'} status still counted a deleted node` : many ? 'their counts were stale' : 'its count was stale'}`,
  diagnose(facts) {
    const status = statusCount(facts)
    if (status === undefined || status <= facts.recount.count.numberMisscheduled) return undefined
    return {
      status,
      fault: hasStaleCountFault(facts.index.snapshot.serverVersion),
      ...staleNodes(facts, status - facts.recount.count.numberMisscheduled),
    }
  },
  undecided: (facts) => {
    const { index, recount } = facts
    if ((statusCount(facts) ?? 0) <= recount.count.numberMisscheduled) return []
    // On OpenShift the recount needs the namespaces too.
    const namespaces = isOpenShift(index) ? NAMESPACES({ facts, nodes: [] }) : undefined
    return [
      ...(index.snapshot.serverVersion === undefined ? [UNKNOWN_VERSION] : []),
      ...(namespaces ? [namespaces] : []),
    ]
  },
  variant: ({ fault, kind }) =>
    kind === 'deleted' ? 'node-deleted' : fault === 'yes' ? 'known-fault' : null,
  // One event of a node leaves the counts of all its DaemonSets out of date.
  root: ({ nodes: [first, ...rest] }) =>
    first && `S1 ${first.name}${rest.length > 0 ? ` and ${rest.length} more` : ''}`,
  explain(facts, stale) {
    const { status, fault, kind, nodes } = stale
    if (kind === 'deleted') return nodesDeleted(facts, stale)
    const count = facts.recount.count.numberMisscheduled
    return {
      summary: words`The status of ${code(facts.name)} says ${status} misscheduled, but ${count === 0 ? 'no node is' : `only ${counted(count, 'node is', 'nodes are')}`}.`,
      ifIgnored: ['The alert may keep firing for up to 24 h. No pod is affected.'],
      why: words`What was wrong is gone${sinceWhen(nodes)}, but the controller has not recounted since: nothing touched the DaemonSet. ${FAULT[fault]}`,
      evidence: evidence(facts, stale),
      drafts: [
        recountDraft(facts, ['The next count will be right.']),
        wait(
          ['Wait'],
          [
            'The next event on the DaemonSet or one of its pods ends it, otherwise the resync within 12 to 24 h.',
          ],
          { choice: true },
        ),
        TOLERATE,
        fault === 'yes' ? upgrade(facts) : nothing([NO_UPGRADE[fault]]),
      ],
    }
  },
})

/**
 * Which nodes the status still counts. A node that became right again raises the desired count above
 * the status; a deleted one does not. Nodes that changed since the last count are taken only if they
 * are exactly as many as the status is too high by.
 */
function staleNodes(facts: DaemonSetFacts, excess: number): Pick<StaleStatus, 'kind' | 'nodes'> {
  const deleted = deletedNodes(facts)
  const desired = facts.daemonSet.status?.desiredNumberScheduled ?? 0
  if (deleted.length >= excess && desired >= facts.recount.count.desiredNumberScheduled)
    return {
      kind: 'deleted',
      nodes:
        deleted.length === excess ? deleted.map((name) => ({ name, what: ['was deleted'] })) : [],
    }
  const changed = changedNodes(facts) ?? []
  return changed.length === excess
    ? { kind: 'changed', nodes: changed }
    : { kind: 'unknown', nodes: [] }
}

function sinceWhen([first, ...rest]: readonly ChangedNode[]): Words {
  if (!first) return []
  return rest.length === 0
    ? words`, probably since ${code(first.name)} ${first.what}`
    : words`, probably since ${names([first, ...rest])} changed`
}

function nodesDeleted(facts: DaemonSetFacts, { status }: StaleStatus): CauseReport {
  const gone = deletedNodes(facts)
  return {
    summary: words`The status of ${code(facts.name)} still counts ${plural(gone.length, 'a node that is', 'nodes that are')} gone: ${listed(gone)}.`,
    ifIgnored: ['It ends within minutes. No pod is affected.'],
    why: [
      'A pod whose Node object is gone is not counted, but the controller does not recount when a node is deleted. It recounts when pod garbage collection removes the pods of that node.',
    ],
    evidence: [
      words`status: ${status} misscheduled; recount: ${facts.recount.count.numberMisscheduled}`,
      words`pods are still bound to ${listed(gone)}, and no Node has ${plural(gone.length, 'that name', 'those names')}`,
    ],
    drafts: [
      wait(
        ['Wait: the count falls when the pods of the deleted nodes are removed'],
        [
          'Pod garbage collection takes about a minute. If it takes much longer, check kube-controller-manager.',
        ],
      ),
      nothing(['The DaemonSet is correct as it is.']),
    ],
  }
}

const UNKNOWN_VERSION: Words = [
  'The server version is unknown, so it is unknown whether it has the known fault of 1.33 and 1.34.0 (S1).',
]

function isOpenShift({ snapshot }: SnapshotIndex): boolean {
  return snapshot.nodes.some(({ metadata }) =>
    Object.keys(metadata.labels ?? {}).some((label) => label.startsWith('node.openshift.io/')),
  )
}

/** https://github.com/kubernetes/kubernetes/issues/132459 */
const FAULT: Readonly<Record<StaleStatus['fault'], string>> = {
  yes: 'This Kubernetes version is known to miss it (issue 132459).',
  no: 'If it stays this way for minutes, the controller has missed an event.',
  unknown:
    'Kubernetes 1.33.0 to 1.33.5 and 1.34.0 are known to miss it (issue 132459); the version here is unknown.',
}

const NO_UPGRADE = {
  no: 'This version does not have the known fault.',
  unknown: 'It is unknown whether the server has the known fault: its version was not read.',
} as const

const TOLERATE: RemedyDraft = {
  kind: 'tolerate',
  horizon: 'now',
  tempting: true,
  title: ['Add a toleration'],
  why: [
    'No taint is in the way now. A toleration would end the alert only because it touches the object, and it would restart every pod.',
  ],
}

function upgrade({ index }: DaemonSetFacts): RemedyDraft {
  return {
    kind: 'upgrade',
    horizon: 'for-good',
    title: ['Upgrade Kubernetes'],
    why: words`The fault is fixed in 1.35 and, judging by the dates of the backports, in 1.34.1 and 1.33.6; the server runs ${code(index.snapshot.serverVersion ?? 'an unknown version')}.`,
  }
}

function evidence(facts: DaemonSetFacts, { status, nodes }: StaleStatus): readonly Words[] {
  const { index, daemonSet, recount } = facts
  return [
    words`status: ${status} misscheduled, ${daemonSet.status?.desiredNumberScheduled ?? 'unknown'} desired; recount: ${recount.count.numberMisscheduled} misscheduled, ${recount.count.desiredNumberScheduled} desired`,
    [observed(hasSeenSpec(facts))],
    ...nodes
      .slice(0, 3)
      .map(
        ({ name, what }) =>
          words`${code(name)} ${what}; of the nodes with its pods, ${plural(nodes.length, 'no other has', 'only these have')} changed since the status did`,
      ),
    words`server version: ${code(index.snapshot.serverVersion ?? 'unknown')}`,
  ]
}

function observed(hasSeen: boolean | undefined): string {
  if (hasSeen === undefined) return 'it is unknown whether the controller has seen the current spec'
  return hasSeen
    ? 'observedGeneration equals generation: the controller has seen the current spec'
    : 'observedGeneration is behind generation'
}
