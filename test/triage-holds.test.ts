import { expect, it } from 'vitest'
import type { Snapshot } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import { daemonSet, minutesAgo, node, pod, snapshot, UID } from './triage-world.ts'

interface History {
  readonly daemonSet?: string
  readonly revision?: string
  /** Nodes. */
  readonly joined?: number
  /** Events for failed pods. */
  readonly failed?: number
}

it.each<[string, string, History]>([
  ['pods that flap, and a new node', 'P2/K6', {}],
  ['a rollout', 'P2/K1', { revision: minutesAgo(12) }],
  ['a new DaemonSet', 'P2/K1', { daemonSet: minutesAgo(12) }],
  ['two new nodes', 'P2/K1', { joined: 2 }],
  ['pods that failed', 'P2/K1', { failed: 3 }],
])('creations and deletions in the last hour show %s: %s', (_, expected, given) => {
  const { joined = 1, failed = 0, revision, daemonSet: born = minutesAgo(60 * 24) } = given
  const made = daemonSet({ nodeSelector: { disk: 'ssd' } })
  const agent = { ...made, metadata: { ...made.metadata, creationTimestamp: born } }
  const event = (reason: string, count: number) => ({
    metadata: { name: reason, namespace: 'ops' },
    involvedObject: { kind: 'DaemonSet', namespace: 'ops', name: 'agent' },
    reason,
    count,
    lastTimestamp: minutesAgo(4),
  })
  const revisions = revision
    ? [
        {
          metadata: {
            name: 'agent-now',
            namespace: 'ops',
            creationTimestamp: revision,
            labels: { 'controller-revision-hash': 'now' },
            ownerReferences: [{ kind: 'DaemonSet', name: 'agent', uid: UID, controller: true }],
          },
          revision: 1,
        },
      ]
    : []
  const found = findings({
    daemonSets: [agent],
    controllerRevisions: revisions,
    nodes: [
      node('a'),
      node('b', { labels: { disk: 'ssd' } }),
      ...Array.from({ length: joined }, (_, index) =>
        node(`new-${index}`, { metadata: { creationTimestamp: minutesAgo(10) } }),
      ),
    ],
    pods: [
      pod('a', { creationTimestamp: minutesAgo(9), deletionTimestamp: minutesAgo(-20) }),
      pod('b'),
    ],
    events: [
      event('SuccessfulCreate', 3),
      event('SuccessfulDelete', 3),
      ...(failed > 0 ? [event('FailedDaemonPod', failed)] : []),
    ],
  })
  expect(found.map(({ id, heldBy }) => `${id}/${heldBy}`)).toEqual([expected])
})

it.each([
  ['renews its Lease', 0, 'wait'],
  ['has been down for 5 min', 5, 'repair-controller'],
])('a recent change, while kube-controller-manager %s', (_, minutes, expected) => {
  const taint = { key: 'drain', effect: 'NoExecute', timeAdded: minutesAgo(1) }
  const lease = {
    metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
    spec: { leaseDurationSeconds: 15, renewTime: minutesAgo(minutes) },
  }
  const [finding] = findings({
    nodes: [node('a', { taints: [taint] })],
    pods: [pod('a')],
    leases: [lease],
  })
  const now = finding?.remedies.filter(
    ({ horizon, recommended }) => horizon === 'now' && recommended,
  )
  expect(now?.map(({ kind }) => kind)).toEqual([expected])
})

const findings = (parts: Partial<Snapshot>): readonly Finding[] =>
  diagnose(snapshot({ daemonSets: [daemonSet()], ...parts }), { namespace: 'ops', name: 'agent' })
    .findings
