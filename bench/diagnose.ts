/**
 * `npm run bench -- diagnose [pods] [wrong]` measures the diagnosis of 200 DaemonSets on 5,000
 * nodes. Each DaemonSet runs on a pool of 50 nodes; with `pods`, on every node (a million pods).
 * Two DaemonSets are misscheduled on nodes that are being scaled down; with `wrong`, all of them on
 * all of their nodes.
 */
import type { DaemonSet, Node, Pod, Snapshot } from '../src/kubernetes/objects.ts'
import { diagnoseAll } from '../src/triage/diagnose.ts'

const NODES = 5000
const DAEMON_SETS = 200
const RUNS = 7

const everywhere = process.argv.includes('pods')
const allWrong = process.argv.includes('wrong')
const created = '2026-01-01T00:00:00Z'
const scaledDown = {
  key: 'ToBeDeletedByClusterAutoscaler',
  value: '1767300000',
  effect: 'NoSchedule',
}

const nodes = Array.from(
  { length: NODES },
  (_, index): Node => ({
    metadata: {
      name: `ip-10-${index >> 8}-${index & 255}-7.eu-west-1.compute.internal`,
      creationTimestamp: created,
      labels: {
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': index % 3 === 0 ? 'arm64' : 'amd64',
        pool: `pool-${index % 100}`,
      },
    },
    spec: { taints: allWrong || index % 1000 === 7 ? [scaledDown] : [] },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: created }] },
  }),
)

const daemonSets = Array.from({ length: DAEMON_SETS }, (_, index): DaemonSet => {
  const name = `agent-${index}`
  const nodeSelector: Readonly<Record<string, string>> = everywhere
    ? { 'kubernetes.io/os': 'linux' }
    : { pool: `pool-${index % 100}` }
  // Those that are misscheduled do not tolerate the taint of the nodes that are scaled down. The
  // others tolerate everything.
  const tolerations = allWrong || index % 100 === 7 ? [] : [{ operator: 'Exists' }]
  return {
    metadata: {
      name,
      namespace: `team-${index % 40}`,
      uid: name,
      generation: 1,
      creationTimestamp: created,
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { spec: { nodeSelector, tolerations } },
    },
    status: { observedGeneration: 1 },
  }
})

const pods = daemonSets.flatMap((daemonSet, index) =>
  nodes
    .filter((_, place) => everywhere || place % 100 === index % 100)
    .map(({ metadata }) => podOf(daemonSet, metadata.name)),
)

function podOf({ metadata: { name, namespace = '', uid = '' } }: DaemonSet, nodeName: string): Pod {
  return {
    metadata: {
      name: `${name}-${nodeName}`,
      namespace,
      creationTimestamp: created,
      labels: { app: name },
      ownerReferences: [{ kind: 'DaemonSet', name, uid, controller: true }],
    },
    spec: { nodeName },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: created }],
    },
  }
}

/**
 * One run, in milliseconds of CPU time. It copies the lists, so that no cache of an earlier run
 * applies.
 */
function run(): number {
  const snapshot: Snapshot = {
    takenAt: '2026-01-02T00:00:00Z',
    daemonSets,
    nodes: [...nodes],
    pods: [...pods],
    unreadable: [],
  }
  const before = process.cpuUsage()
  const wrong = diagnoseAll(snapshot).filter(({ recount }) => recount.numberMisscheduled > 0).length
  const { user, system } = process.cpuUsage(before)
  const expected = allWrong ? DAEMON_SETS : 2
  if (wrong !== expected)
    throw new Error(`expected ${expected} misscheduled DaemonSets, found ${wrong}`)
  return (user + system) / 1000
}

const times = Array.from({ length: RUNS }, run)
const median = [...times].sort((a, b) => a - b)[RUNS >> 1] ?? Number.NaN
process.stdout.write(`${DAEMON_SETS} DaemonSets, ${NODES} nodes, ${pods.length} pods: `)
process.stdout.write(
  `first ${times[0]?.toFixed(0)} ms, median of ${RUNS} ${median.toFixed(0)} ms of CPU time\n`,
)
