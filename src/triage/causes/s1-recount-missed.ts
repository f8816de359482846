import { code, type Words, words } from '../../words/words.ts'
import { hasStaleCountFault } from '../facts/controller-manager.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { defineStatusCause, hasSeenSpec, statusCount } from '../findings/status-cause.ts'
import { nothing, recountDraft, wait } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

interface Stale {
  readonly status: number
  readonly fault: 'yes' | 'no' | 'unknown'
}

/** The status shows more than there is: what made the pods wrong has gone, and the controller has not counted again. */
export const recountMissed = defineStatusCause<Stale>({
  id: 'S1',
  cause: 'recount-missed',
  title:
    'The status is too high: the controller has not counted again (a known fault of 1.33 and 1.34.0)',
  headline: ({ who, many }) => words`${who} ${many ? 'are' : 'is'} fine: the count was not renewed`,
  diagnose(facts) {
    const status = statusCount(facts)
    if (status === undefined || status <= facts.recount.count.numberMisscheduled) return undefined
    return { status, fault: hasStaleCountFault(facts.index.snapshot.serverVersion) }
  },
  undecided: ({ index }) =>
    index.snapshot.serverVersion === undefined
      ? [
          'The server version is unknown, so it is unknown whether it has the known fault of 1.33 and 1.34.0 (S1).',
        ]
      : undefined,
  variant: ({ fault }) => (fault === 'yes' ? 'known-fault' : null),
  explain(facts, { status, fault }) {
    const count = facts.recount.count.numberMisscheduled
    return {
      summary: words`The status of ${code(facts.name)} says ${status} misscheduled, but ${count === 0 ? 'no node is' : `only ${count} ${count === 1 ? 'node is' : 'nodes are'}`}.`,
      why: words`What was wrong has gone, but the controller has not counted since: nothing touched the DaemonSet. ${FAULT[fault]}`,
      evidence: evidence(facts, status),
      drafts: [
        recountDraft(facts, ['The next count will be right.']),
        wait(
          ['Wait'],
          [
            'The next event of the DaemonSet or one of its pods ends it, else the resync within 12 to 24 hours.',
          ],
          {
            choice: true,
          },
        ),
        TOLERATE,
        ...(fault === 'yes'
          ? [upgrade(facts)]
          : [
              nothing([
                fault === 'no'
                  ? 'This version does not have the known fault.'
                  : 'Whether the server has the known fault depends on its version, which is not known here.',
              ]),
            ]),
      ],
    }
  },
})

const FAULT: Readonly<Record<Stale['fault'], string>> = {
  yes: 'This version of Kubernetes is known to miss it (issue 132459).',
  no: 'If it stays so for minutes, the controller has missed an event.',
  unknown:
    'Kubernetes 1.33.0 to 1.33.5 and 1.34.0 are known to miss it (issue 132459); the version here is not known.',
}

const TOLERATE: RemedyDraft = {
  kind: 'tolerate',
  horizon: 'now',
  tempting: true,
  title: ['Add a toleration'],
  why: [
    'No taint is in the way any more. It would end the alert only because it touches the object, and restart every pod.',
  ],
}

function upgrade({ index }: DaemonSetFacts): RemedyDraft {
  return {
    kind: 'upgrade',
    horizon: 'for-good',
    title: ['Upgrade Kubernetes'],
    why: words`The fault is mended in 1.35 and, by the dates of its back-ports, in 1.34.1 and 1.33.6; the server runs ${code(index.snapshot.serverVersion ?? 'an unknown version')}.`,
  }
}

function evidence(facts: DaemonSetFacts, status: number): readonly Words[] {
  const { index, daemonSet, recount } = facts
  const seen = hasSeenSpec(facts)
  return [
    words`status: ${status} misscheduled, ${daemonSet.status?.desiredNumberScheduled ?? 'unknown'} desired; counted now: ${recount.count.numberMisscheduled} and ${recount.count.desiredNumberScheduled}`,
    seen === undefined
      ? ['whether the controller has seen the current spec is not known']
      : [
          seen
            ? 'observedGeneration equals generation: the controller has seen the spec'
            : 'observedGeneration is behind generation',
        ],
    words`server version ${code(index.snapshot.serverVersion ?? 'not known')}`,
  ]
}
