import { describe, expect, it } from 'vitest'
import type { DaemonSet, PodSpec, Snapshot, Taint } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { daemonSet, minutesAgo, node, noSchedule, pod, snapshot, UID } from './triage-world.ts'

const GPU = noSchedule('dedicated', 'gpu')

/** An affinity that leaves out nodes with the label `dedicated=gpu`. */
const WITHOUT_GPU: PodSpec = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'dedicated', operator: 'NotIn', values: ['gpu'] }] },
        ],
      },
    },
  },
}
const ONLY_GPU: PodSpec = { nodeSelector: { gpu: 'yes' } }
const LOGS: PodSpec = { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] }

function revision(name: string, number: number, spec: PodSpec) {
  return {
    metadata: {
      name: `agent-${name}`,
      namespace: 'ops',
      labels: { 'controller-revision-hash': name },
      ownerReferences: [{ kind: 'DaemonSet', name: 'agent', uid: UID, controller: true }],
    },
    revision: number,
    data: { spec: { template: { spec } } },
  }
}

/** Cause, what is recommended now and for good (`?`: a question), and whether deletion is offered. */
function verdict(parts: Partial<Snapshot>): string {
  const [finding] = diagnose(snapshot(parts), { namespace: 'ops', name: 'agent' }).findings
  const remedies = finding?.remedies ?? []
  const chosen = (horizon: string) =>
    remedies.find((one) => one.recommended && one.horizon === horizon)?.kind ??
    (remedies.some((one) => one.answer && one.horizon === horizon) ? '?' : 'nothing')
  return `${finding?.id} ${chosen('now')} ${chosen('for-good')}`
}

/** Of 0 desired pods, none. */
const TEN_PERCENT = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } }

function lost(
  updateStrategy: DaemonSet['spec']['updateStrategy'],
  spec: PodSpec,
  taint: Taint = GPU,
  names: readonly string[] = ['a', 'g'],
): string {
  const tolerations = [{ key: taint.key, operator: 'Exists' }]
  const old = { labels: { app: 'agent', 'controller-revision-hash': 'old' } }
  return verdict({
    daemonSets: [daemonSet(spec, { updateStrategy })],
    nodes: [
      node('a'),
      node('g', {
        taints: [taint],
        taintsBy: ['terraform', minutesAgo(600)],
        labels: { gpu: 'yes' },
      }),
    ].filter(({ metadata }) => names.includes(metadata.name)),
    pods: [pod('g', old, { spec: { ...spec, tolerations } })],
    controllerRevisions: [revision('old', 1, { ...spec, tolerations }), revision('now', 2, spec)],
  })
}

describe('old pods whose template lost a toleration', () => {
  it.each<[string, PodSpec, Taint, string]>([
    ['no evidence: asks', {}, GPU, 'T7 ? ?'],
    ['a node agent: asks', LOGS, GPU, 'T7 ? ?'],
    ['excludes the nodes: delete', WITHOUT_GPU, GPU, 'T7 delete-pod none'],
    ['only for these nodes: restore', ONLY_GPU, GPU, 'T7 tolerate tolerate'],
    ['maintenance: wait', {}, noSchedule('maintenance', 'disk'), 'T7 wait none'],
  ])('%s', (_, spec, taint, expected) => {
    expect(lost({ type: 'OnDelete' }, spec, taint)).toBe(expected)
  })

  it('is the same if a rollout never reaches them', () => {
    expect(lost(TEN_PERCENT, ONLY_GPU)).toBe('T8 tolerate tolerate')
    expect(lost(TEN_PERCENT, WITHOUT_GPU, GPU, ['g'])).toBe('T8 delete-pod none')
  })
})

function unbound(spec: PodSpec, taint: Taint, ready: 'True' | 'False' = 'True'): string {
  const pinned = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['g'] }] },
        ],
      },
    },
  }
  const waiting = pod('g', {}, { phase: 'Pending', spec: { ...spec, affinity: pinned } })
  const { nodeName: _, ...unboundSpec } = waiting.spec ?? {}
  return verdict({
    daemonSets: [daemonSet(spec)],
    nodes: [node('a'), node('g', { taints: [taint], ready, labels: { gpu: 'yes' } })],
    pods: [{ ...waiting, spec: unboundSpec, status: { phase: 'Pending' } }],
  })
}

describe('a pod that was never bound', () => {
  it.each<[string, PodSpec, Taint, string]>([
    ['no evidence: asks', {}, GPU, 'T10 ? ?'],
    ['a node agent: tolerate', LOGS, GPU, 'T10 tolerate tolerate'],
    ['excludes the nodes: delete', WITHOUT_GPU, GPU, 'T10 delete-pod change-placement'],
    ['only for these nodes: tolerate', ONLY_GPU, GPU, 'T10 tolerate tolerate'],
    ['maintenance: wait', {}, noSchedule('maintenance', 'disk'), 'T10 wait none'],
  ])('%s', (_, spec, taint, expected) => {
    expect(unbound(spec, taint)).toBe(expected)
  })

  it('is explained by a taint whose key says enough', () => {
    const notReady = noSchedule('node.kubernetes.io/not-ready')
    expect(unbound({}, notReady, 'False')).toMatch(/^T1 fix-node /)
  })
})
