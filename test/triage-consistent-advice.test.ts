import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Change } from '../src/daemonset/change.ts'
import { predict } from '../src/daemonset/predict.ts'
import { lastingFixesOf } from '../src/incident/lasting-fixes.ts'
import type { DaemonSet, Node, Pod, Snapshot, Taint } from '../src/kubernetes/objects.ts'
import { diagnoseAll } from '../src/triage/diagnose.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { explain } from '../src/triage/explain.ts'
import { indexSnapshot } from '../src/triage/facts/snapshot-index.ts'
import type { Remedy } from '../src/triage/remedies/remedy.ts'
import { plain } from '../src/words/words.ts'
import { readScenario, SCENARIOS } from './scenario.ts'
import {
  daemonSet,
  LOGS,
  minutesAgo,
  NOW,
  node,
  noSchedule,
  pod,
  snapshot,
  unixSeconds,
} from './triage-world.ts'

const scenarios = readdirSync(SCENARIOS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort()

describe('the advice of every scenario is consistent', () => {
  for (const name of scenarios)
    it(name, () => {
      const { snapshot: read, diagnoses, incidents } = readScenario(name)
      for (const diagnosis of diagnoses) checkDiagnosis(diagnosis, read)
      for (const { explanation } of incidents) checkTitles(explanation)
    })
})

describe('the advice for a random cluster is consistent', () => {
  it('with one DaemonSet and several causes', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const drawn = randomCluster(seed)
      for (const diagnosis of diagnoseAll(drawn)) {
        checkDiagnosis(diagnosis, drawn, `seed ${seed}`)
        checkTitles(explain([diagnosis]), `seed ${seed}`)
        checkSnippets(diagnosis, `seed ${seed}`)
      }
    }
  })
})

describe('a taint that passes on one node', () => {
  const pool = (name: string, taint: Taint, unschedulable: boolean) =>
    [1, 2].map((number) =>
      node(`${name}-${number}`, {
        labels: { 'eks.amazonaws.com/nodegroup': name },
        taints: [taint],
        taintsBy: ['terraform', minutesAgo(60)],
        unschedulable,
      }),
    )
  const told = (...nodes: readonly Node[]) => {
    const all = [...nodes, node('clean')]
    const pods = all.map(({ metadata }) => pod(metadata.name))
    const { now, forGood, notThis } = explain(
      diagnoseAll(snapshot({ daemonSets: [daemonSet(LOGS)], nodes: all, pods })),
    )
    const titles = (advice: typeof now) => advice.map(({ title }) => plain(title))
    return {
      recommended: titles([...now, ...forGood].filter(({ remedy }) => remedy.recommended)),
      wrong: titles(notThis),
    }
  }

  it('and is a rule of another pool is tolerated for both', () => {
    const team = noSchedule('team-x', 'only')
    expect(told(...pool('old', team, true), ...pool('new', team, false))).toEqual({
      recommended: ['Tolerate `team-x`', 'Tolerate `team-x`'],
      wrong: [],
    })
  })

  it('is told apart from one with the same key that stays', () => {
    const rule = pool('new', noSchedule('dedicated', 'search'), false)
    expect(told(...pool('old', noSchedule('dedicated', '2026-11-30'), true), ...rule)).toEqual({
      recommended: [expect.stringMatching(/^Wait, and ask/), 'Tolerate `dedicated=search`'],
      wrong: ['Tolerate `dedicated` with any value'],
    })
  })
})

/** No remedy is advised and warned against, and what is advised of a kind is one simulated change. */
function checkDiagnosis({ namespace, name, findings }: Diagnosis, read: Snapshot, note = '') {
  const remedies = findings.flatMap((finding) => finding.remedies)
  const advised = remedies.filter(({ recommended, answer }) => recommended || answer)
  const warned = remedies.filter(({ tempting }) => tempting).flatMap(partsOf)
  expect(
    advised.flatMap(partsOf).filter((part) => warned.includes(part)),
    note,
  ).toEqual([])
  for (const kind of ['tolerate', 'delete-pod'] as const)
    for (const horizon of ['now', 'for-good'] as const) {
      const changes = remedies
        .filter((one) => one.kind === kind && one.horizon === horizon && one.recommended)
        .flatMap(({ change }) => change ?? [])
      expect(new Set(changes.map((change) => JSON.stringify(change))).size, note).toBeLessThan(2)
    }
  const index = indexSnapshot(read)
  const found = index.daemonSetsIn(namespace).find(({ metadata }) => metadata.name === name)
  if (!found) return
  for (const remedy of remedies)
    checkPrediction(remedy, (change) => predict(found, index.world, change), note)
}

function checkPrediction(
  { change, predict: shown, horizon }: Remedy,
  ask: (change: Change) => ReturnType<typeof predict>,
  note: string,
) {
  // What is for good counts broken nodes as Ready.
  if (!change || !shown || horizon === 'for-good') return
  const { after, podsRestarted } = ask(change)
  expect(shown, note).toEqual({
    numberMisscheduled: after.numberMisscheduled,
    desiredNumberScheduled: after.desiredNumberScheduled,
    podsRestarted,
  })
}

/** No line is right and wrong at once, and there is something to change or there is not. */
function checkTitles({ now, forGood, notThis }: ReturnType<typeof explain>, note = '') {
  const titles = (advice: typeof now) => advice.map(({ title }) => plain(title))
  const wrong = titles(notThis)
  expect(
    titles([...now, ...forGood]).filter((title) => wrong.includes(title)),
    note,
  ).toEqual([])
  const changes = forGood.filter(
    ({ remedy }) => remedy.kind !== 'none' && (remedy.recommended || remedy.answer),
  )
  const nothing = forGood.filter(({ remedy }) => remedy.kind === 'none' && !remedy.answer)
  if (changes.length > 0) expect(titles(nothing), note).toEqual([])
}

/** Each snippet has all the tolerations that are recommended: pasting one does not erase another. */
function checkSnippets(diagnosis: Diagnosis, note: string) {
  const explanation = explain([diagnosis])
  const fixes = lastingFixesOf([diagnosis], explanation).filter(({ snippet }) =>
    snippet.includes('tolerations:'),
  )
  const [sure, ...more] = fixes.filter(({ answer }) => !answer)
  expect(more, note).toEqual([])
  const lines = sure?.snippet.split('\n') ?? []
  for (const { snippet } of fixes)
    expect(
      lines.filter((line) => line.includes('key:') && !snippet.includes(line.trim())),
      note,
    ).toEqual([])
}

function partsOf({ kind, change }: Remedy): readonly string[] {
  switch (change?.kind) {
    case 'tolerate':
      return change.tolerations.map((one) => `${kind} ${JSON.stringify(one)}`)
    case 'delete-pods':
      return change.pods.map((one) => `${kind} ${one}`)
    default:
      return kind === 'wait' ? [kind] : []
  }
}

const TAINTS: readonly (readonly Taint[])[] = [
  [],
  [noSchedule('team', 'ml')],
  [noSchedule('team', 'web')],
  [noSchedule('nvidia.com/gpu', 'present')],
  [noSchedule('team', 'ml'), noSchedule('nvidia.com/gpu', 'present')],
  [noSchedule('dedicated', 'kafka')],
  [noSchedule('dedicated', 'gpu'), noSchedule('maintenance', 'true')],
  [noSchedule('maintenance', 'true')],
  [noSchedule('anna', 'testing')],
  [noSchedule('node.kubernetes.io/not-ready')],
  [noSchedule('node.kubernetes.io/unreachable'), noSchedule('team', 'ml')],
  [noSchedule('ToBeDeletedByClusterAutoscaler', unixSeconds(minutesAgo(20)))],
  [noSchedule('node.cilium.io/agent-not-ready', 'true')],
  [noSchedule('node.kubernetes.io/network-unavailable'), noSchedule('dedicated', 'gpu')],
  [noSchedule('virtual-kubelet.io/provider', 'azure')],
  [noSchedule('os', 'windows')],
  [noSchedule('dedicated')],
  [noSchedule('dedicated', '2026-11-30')],
  [{ key: 'dedicated', value: 'kafka', effect: 'NoExecute' }],
  [noSchedule('hold', 'alice')],
  [{ key: 'hold', value: 'alice', effect: 'NoExecute' }],
  [{ key: 'evict', value: 'yes', effect: 'NoExecute' }],
]
const SPECS = [
  {},
  LOGS,
  { volumes: [{ name: 'p', hostPath: { path: '/var/lib/kubelet/plugins/x.csi.example.com' } }] },
  { volumes: [{ name: 'cni', hostPath: { path: '/etc/cni/net.d' } }] },
  { tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'Kafka', effect: 'NoSchedule' }] },
  { nodeSelector: { pool: 'a' } },
]
const OWNERS: readonly Readonly<Record<string, string>>[] = [
  {},
  { 'meta.helm.sh/release-name': 'agent', 'meta.helm.sh/release-namespace': 'ops' },
  { 'argocd.argoproj.io/tracking-id': 'agent:apps/DaemonSet:ops/agent' },
]

/** Up to 5 nodes with a pod each. */
function randomCluster(seed: number): Snapshot {
  const draw = drawer(seed)
  const spec = draw(SPECS)
  const updateStrategy = draw([{ type: 'RollingUpdate' }, { type: 'OnDelete' }])
  const base = daemonSet(spec, { updateStrategy })
  const owned: DaemonSet = { ...base, metadata: { ...base.metadata, annotations: draw(OWNERS) } }
  const nodes = Array.from({ length: draw([2, 3, 4, 5]) }, (_, index) => drawnNode(index, draw))
  return snapshot({ daemonSets: [owned], nodes, pods: nodes.map((one) => drawnPod(one, draw)) })
}

type Draw = <T>(from: readonly T[]) => T

function drawnNode(index: number, draw: Draw): Node {
  const taints = draw(TAINTS)
  const down = taints.find(({ key }) => key.startsWith('node.kubernetes.io/'))?.key
  const ready = down?.endsWith('unreachable') ? 'Unknown' : 'False'
  return node(`n${index}`, {
    taints,
    taintsBy: [draw(['kubectl-taint', 'terraform', 'controller']), minutesAgo(draw([30, 60]))],
    labels: { pool: draw(['a', 'a', 'b']) },
    ...(down && { ready }),
    metadata: { creationTimestamp: draw([minutesAgo(60 * 24 * 30), minutesAgo(60 * 24 * 20 + 1)]) },
  })
}

function drawnPod({ metadata: { name }, spec }: Node, draw: Draw): Pod {
  const own = (spec?.taints ?? []).map(({ key }) => ({ key, operator: 'Exists' }))
  const tolerations = draw([undefined, [], own])
  return pod(name, draw([{}, {}, {}, { deletionTimestamp: NOW }]), {
    spec: { ...(tolerations && { tolerations }) },
    phase: draw(['Running', 'Running', 'Running', 'Failed']),
  })
}

// mulberry32: the same seed draws the same cluster.
function drawer(seed: number): Draw {
  let state = seed
  return (from) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    const chosen = from[Math.floor(fraction * from.length)]
    if (chosen === undefined && from.length === 0) throw new Error('nothing to draw from')
    return chosen as (typeof from)[number]
  }
}
