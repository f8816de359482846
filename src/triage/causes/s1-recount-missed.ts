import { code, counted, type Words, words } from '../../words/words.ts'
import { hasStaleCountFault } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { NAMESPACES } from '../facts/needs.ts'
import type { SnapshotIndex } from '../facts/snapshot-index.ts'
import { defineStatusCause, hasSeenSpec, statusCount } from '../findings/status-cause.ts'
import { nothing, recountDraft, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

interface StaleStatus {
  /** `numberMisscheduled` of the status. */
  readonly status: number
  /** Whether the server version has the known fault. */
  readonly fault: 'yes' | 'no' | 'unknown'
}

/** What made the pods wrong is gone, and the controller has not recounted. */
export const recountMissed = defineStatusCause<StaleStatus>({
  id: 'S1',
  cause: 'recount-missed',
  title:
    'The status is too high: the controller has not recounted (a known fault in 1.33 and 1.34.0)',
  headline: ({ who, many }) =>
    words`${who} ${many ? 'are' : 'is'} fine: the count in ${many ? 'their' : 'its'} status is out of date`,
  diagnose(facts) {
    const status = statusCount(facts)
    if (status === undefined || status <= facts.recount.count.numberMisscheduled) return undefined
    return { status, fault: hasStaleCountFault(facts.index.snapshot.serverVersion) }
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
  variant: ({ fault }) => (fault === 'yes' ? 'known-fault' : null),
  explain(facts, { status, fault }) {
    const count = facts.recount.count.numberMisscheduled
    return {
      summary: words`The status of ${code(facts.name)} says ${status} misscheduled, but ${count === 0 ? 'no node is' : `only ${counted(count, 'node is', 'nodes are')}`}.`,
      why: words`What was wrong is gone, but the controller has not recounted since: nothing touched the DaemonSet. ${FAULT[fault]}`,
      evidence: evidence(facts, status),
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

function evidence(facts: DaemonSetFacts, status: number): readonly Words[] {
  const { index, daemonSet, recount } = facts
  return [
    words`status: ${status} misscheduled, ${daemonSet.status?.desiredNumberScheduled ?? 'unknown'} desired; recount: ${recount.count.numberMisscheduled} misscheduled, ${recount.count.desiredNumberScheduled} desired`,
    [observed(hasSeenSpec(facts))],
    words`server version: ${code(index.snapshot.serverVersion ?? 'unknown')}`,
  ]
}

function observed(hasSeen: boolean | undefined): string {
  if (hasSeen === undefined) return 'it is unknown whether the controller has seen the current spec'
  return hasSeen
    ? 'observedGeneration equals generation: the controller has seen the current spec'
    : 'observedGeneration is behind generation'
}
