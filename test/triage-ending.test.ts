import { describe, expect, it } from 'vitest'
import type { ControllerRevision, DaemonSet, Lease, Pod } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import { headlineOf } from '../src/triage/headline.ts'
import { plain } from '../src/words/words.ts'
import {
  daemonSet,
  LOGS,
  minutesAgo,
  node,
  noSchedule,
  pod,
  snapshot,
  UID,
} from './triage-world.ts'

const TAINT = noSchedule('team', 'blue')
const by = ['kubectl-taint', minutesAgo(90)] as const
const tainted = node('wrong', { taints: [TAINT], taintsBy: by })
const TOLERATIONS = [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' as const }]

const LOG_AGENT = { ...LOGS, tolerations: TOLERATIONS }

function revision(number: number, hash: string, minutes: number): ControllerRevision {
  return {
    metadata: {
      name: `agent-${hash}`,
      namespace: 'ops',
      creationTimestamp: minutesAgo(minutes),
      labels: { 'controller-revision-hash': hash },
      ownerReferences: [{ kind: 'DaemonSet', name: 'agent', uid: UID, controller: true }],
    },
    revision: number,
    data: { spec: { template: { spec: LOG_AGENT } } },
  }
}

const REVISIONS = [revision(1, 'old', 60 * 24), revision(2, 'now', 5)]

function podOf(
  at: string,
  hash: 'old' | 'now',
  minutes: number,
  status: Partial<NonNullable<Pod['status']>> = {},
): Pod {
  const one = pod(
    at,
    {
      creationTimestamp: minutesAgo(minutes),
      labels: { app: 'agent', 'controller-revision-hash': hash },
    },
    { spec: { tolerations: TOLERATIONS } },
  )
  return { ...one, status: { ...one.status, ...status } }
}

const NOT_READY = { conditions: [{ type: 'Ready', status: 'False' }] }
const CRASHING = {
  ...NOT_READY,
  containerStatuses: [
    {
      name: 'agent',
      ready: false,
      restartCount: 4,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
    },
  ],
}

/** A rollout from `old` to `now`, one pod at a time; the pod on `wrong` is of the old template. */
function rollout({
  newest = podOf('n2', 'now', 1, NOT_READY),
  spec = {},
  leases = [] as readonly Lease[],
  wrong = podOf('wrong', 'old', 60 * 24 * 20),
}: {
  readonly newest?: Pod
  readonly spec?: Partial<DaemonSet['spec']>
  readonly leases?: readonly Lease[]
  readonly wrong?: Pod
} = {}) {
  return diagnose(
    snapshot({
      daemonSets: [
        daemonSet(LOG_AGENT, {
          ...spec,
          status: { numberMisscheduled: 1, updatedNumberScheduled: 2 },
        }),
      ],
      nodes: [...['n1', 'n2', 'n3'].map((name) => node(name)), tainted],
      pods: [podOf('n1', 'now', 2), newest, podOf('n3', 'old', 60 * 24 * 20), wrong],
      controllerRevisions: REVISIONS,
      leases,
    }),
    { namespace: 'ops', name: 'agent' },
  )
}

function first({ findings }: { readonly findings: readonly Finding[] }): Finding {
  const [finding] = findings
  if (!finding) throw new Error('no finding')
  return finding
}

describe('a rollout that deletes a misscheduled pod', () => {
  it('is the headline, with an estimate from the pace of the last pods', () => {
    const diagnosis = rollout()
    expect(first(diagnosis).presence).toBe('rollout')
    expect(plain(headlineOf([diagnosis]).now)).toBe(
      'A rollout removes `agent` from `wrong` without replacing it; the alert then ends',
    )
    // 2 old pods, and 1 min from the last but one to the last: 03:12 + 2 min.
    expect(plain(first(diagnosis).why)).toContain(
      '2026-11-24 03:14 UTC (2 old pods are left, and the last 2 took 60 s)',
    )
  })

  it('is not stuck because a new pod has not started yet, but is if that pod crashes', () => {
    expect(first(rollout()).presence).toBe('rollout')
    expect(first(rollout({ newest: podOf('n2', 'now', 1, CRASHING) })).presence).toBe('running')
    expect(first(rollout({ newest: podOf('n2', 'now', 60, NOT_READY) })).presence).toBe('running')
  })

  it('is promised neither under OnDelete, nor without a controller, nor for a new pod', () => {
    const onDelete = { updateStrategy: { type: 'OnDelete' } } as const
    expect(first(rollout({ spec: onDelete })).presence).toBe('running')
    const lease = {
      metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
      spec: { renewTime: minutesAgo(30), leaseDurationSeconds: 15 },
    }
    expect(first(rollout({ leases: [lease] })).presence).toBe('running')
    expect(first(rollout({ wrong: podOf('wrong', 'now', 60 * 24) })).presence).toBe('running')
  })

  it('is nothing to speak of if the new template tolerates the taint', () => {
    const spec = {
      ...LOG_AGENT,
      tolerations: [...TOLERATIONS, { key: 'team', operator: 'Exists' }],
    }
    const diagnosis = rollout({
      spec: { template: { metadata: { labels: { app: 'agent' } }, spec } },
    })
    expect(diagnosis.recount.numberMisscheduled).toBe(0)
    expect(diagnosis.findings.filter(({ about }) => about === 'pods')).toEqual([])
  })

  it('keeps a pod that serves its node: tolerate first, pausing is a choice', () => {
    const { remedies } = first(rollout())
    expect(
      remedies.find(({ recommended, horizon }) => recommended && horizon === 'now')?.kind,
    ).toBe('tolerate')
    const pause = remedies.find(({ commands }) => commands?.some((one) => one.includes('OnDelete')))
    expect(pause?.recommended).toBe(false)
  })
})

describe('a pod that ends on its own', () => {
  const ended = (metadata: Partial<Pod['metadata']>, phase: string, at = tainted) =>
    diagnose(
      snapshot({
        daemonSets: [
          daemonSet({ tolerations: TOLERATIONS }, { status: { numberMisscheduled: 1 } }),
        ],
        nodes: [at],
        pods: [pod('wrong', metadata, { phase, spec: { tolerations: TOLERATIONS } })],
      }),
      { namespace: 'ops', name: 'agent' },
    )

  it.each(['Failed', 'Succeeded'])('is not running with phase %s', (phase) => {
    expect(first(ended({}, phase)).presence).toBe('ended')
  })

  it('is waited for until its grace period ends, and not a second longer', () => {
    expect(first(ended({ deletionTimestamp: minutesAgo(-7) }, 'Running')).presence).toBe('stopping')
    expect(first(ended({ deletionTimestamp: minutesAgo(1) }, 'Running')).presence).toBe('running')
  })

  it('is not known to stop on a node whose kubelet does not answer', () => {
    const silent = node('wrong', { taints: [TAINT], taintsBy: by, ready: 'Unknown' })
    const { presence } = first(ended({ deletionTimestamp: minutesAgo(-7) }, 'Running', silent))
    expect(presence).toBe('unknown')
  })

  it('is told with its time, and never as running', () => {
    const diagnosis = ended({ deletionTimestamp: minutesAgo(-7) }, 'Running')
    const { summary, why, remedies } = first(diagnosis)
    const told = [headlineOf([diagnosis]).now, summary, why].map(plain).join('\n')
    expect(told).not.toMatch(/\bruns?\b/)
    expect(told).toContain('2026-11-24 03:19 UTC')
    expect(remedies.map(({ why }) => plain(why)).join(' ')).not.toContain('does not end on its own')
  })
})
