import { describe, expect, it } from 'vitest'
import type { ContainerStatus, Node, PodSpec, Snapshot, Taint } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { daemonSet, LOGS, minutesAgo, node, noSchedule, pod, snapshot } from './triage-world.ts'

const LINUX = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }
const WINDOWS = { 'kubernetes.io/os': 'windows', 'kubernetes.io/arch': 'amd64' }
const ARM = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' }

interface Situation {
  readonly spec?: PodSpec
  readonly labels?: Readonly<Record<string, string>>
  readonly taint?: Taint
  /** Manager that last wrote the taints. */
  readonly by?: string
  readonly ready?: boolean
  readonly containers?: readonly ContainerStatus[]
  /** The pod's status.reason. */
  readonly reason?: string
  /** Nodes besides the tainted one and two clean ones. */
  readonly nodes?: readonly Node[]
  readonly more?: Partial<Snapshot>
}

/** The kinds recommended now and for good, with `?` for an open question. */
function verdict(situation: Situation): string {
  const { spec = {}, labels = {}, taint = noSchedule('dedicated', 'gpu') } = situation
  const { by = 'terraform', ready = true, containers, reason, nodes = [], more = {} } = situation
  const tainted = node('t', { labels, taints: [taint], taintsBy: [by, minutesAgo(30)] })
  const status = {
    phase: ready ? 'Running' : 'Pending',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    ...(containers && { containerStatuses: containers }),
    ...(reason && { reason }),
  }
  const set = daemonSet(spec)
  const findings = diagnose(
    snapshot({
      ...more,
      daemonSets: [set, ...(more.daemonSets ?? [])],
      nodes: [node('a', { labels: LINUX }), node('b', { labels: LINUX }), tainted, ...nodes],
      pods: [pod('a'), pod('b'), { ...pod('t'), status }, ...(more.pods ?? [])],
    }),
    { namespace: 'ops', name: 'agent' },
  ).findings
  const remedies = findings.find(({ nodes }) => nodes.includes('t'))?.remedies ?? []
  const chosen = (horizon: string) =>
    remedies.find((one) => one.recommended && one.horizon === horizon)?.kind ??
    (remedies.some((one) => one.answer && one.horizon === horizon) ? '?' : 'nothing')
  return `${chosen('now')} ${chosen('for-good')}`
}

const YES = 'tolerate tolerate'
const NO = 'delete-pod change-placement'
const ASK = '? ?'
const PASSING = 'wait none'

function waits(reason: string, message?: string, restartCount = 0): ContainerStatus {
  return {
    name: 'agent',
    restartCount,
    state: { waiting: { reason, ...(message && { message }) } },
  }
}

function affinity(key: string, operator: string, ...values: string[]): PodSpec {
  const nodeSelectorTerms = [{ matchExpressions: [{ key, operator, values }] }]
  return {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
    },
  }
}

describe('whether a pod is made for the machine it is on', () => {
  const os = noSchedule('os', 'windows')
  const arch = noSchedule('kubernetes.io/arch', 'arm64')
  it.each<[string, Situation, string]>([
    ['Ready on Windows', { labels: WINDOWS, taint: os }, YES],
    [
      'Ready, the taint in another case',
      { labels: WINDOWS, taint: noSchedule('os', 'Windows') },
      YES,
    ],
    ['Ready, the node without labels', { taint: os }, YES],
    ['Ready on arm64', { labels: ARM, taint: arch }, YES],
    ['Ready, a key of people', { labels: ARM, taint: noSchedule('workload', 'aarch64') }, YES],
    [
      'not Ready, nodeSelector windows',
      {
        labels: WINDOWS,
        taint: os,
        ready: false,
        spec: { nodeSelector: { 'kubernetes.io/os': 'windows' } },
      },
      YES,
    ],
    [
      'not Ready, affinity for both systems',
      {
        labels: WINDOWS,
        taint: os,
        ready: false,
        spec: affinity('kubernetes.io/os', 'In', 'linux', 'windows'),
      },
      YES,
    ],
    [
      'not Ready, affinity against Linux',
      {
        labels: WINDOWS,
        taint: os,
        ready: false,
        spec: affinity('kubernetes.io/os', 'NotIn', 'linux'),
      },
      YES,
    ],
    [
      'not Ready, spec.os windows',
      { labels: WINDOWS, taint: os, ready: false, spec: { os: { name: 'windows' } } },
      YES,
    ],
    [
      'not Ready, a Windows image',
      {
        labels: WINDOWS,
        taint: os,
        ready: false,
        spec: { containers: [{ image: 'mcr.microsoft.com/oss/agent:1.2-windows-ltsc2022' }] },
      },
      YES,
    ],
    ['not Ready on Windows, nothing asks for it', { labels: WINDOWS, taint: os, ready: false }, NO],
    [
      'not Ready on Windows, a log agent',
      { labels: WINDOWS, taint: os, ready: false, spec: LOGS },
      NO,
    ],
    ['not Ready on arm64', { labels: ARM, taint: arch, ready: false }, ASK],
    [
      'not Ready on arm64, a log agent',
      { labels: ARM, taint: arch, ready: false, spec: LOGS },
      ASK,
    ],
    [
      'an image for amd64 on arm64',
      {
        labels: ARM,
        taint: arch,
        ready: false,
        spec: { containers: [{ image: 'registry.example.com:5000/agent-amd64:1' }] },
      },
      NO,
    ],
    [
      'a registry named after a system says nothing',
      {
        labels: ARM,
        taint: arch,
        ready: false,
        spec: { containers: [{ image: 'arm64.example.com/agent:1' }] },
      },
      ASK,
    ],
    [
      'exec format error',
      {
        labels: ARM,
        taint: arch,
        ready: false,
        spec: LOGS,
        containers: [
          {
            ...waits('CrashLoopBackOff', undefined, 1000),
            lastState: { terminated: { message: 'exec format error' } },
          },
        ],
      },
      NO,
    ],
    [
      'no match for platform under a reservation',
      {
        labels: ARM,
        ready: false,
        spec: LOGS,
        containers: [waits('ErrImagePull', 'no match for platform')],
      },
      NO,
    ],
    [
      'CreateContainerError since birth on arm64',
      { labels: ARM, taint: arch, ready: false, containers: [waits('CreateContainerError')] },
      NO,
    ],
    [
      'CreateContainerError under a reservation is no matter of the machine',
      { labels: ARM, ready: false, spec: LOGS, containers: [waits('CreateContainerError')] },
      YES,
    ],
    [
      'rejected by the kubelet',
      { labels: WINDOWS, taint: os, ready: false, reason: 'PodOSNotSupported' },
      NO,
    ],
    [
      'made for Windows, but its image has no match: the evidence contradicts itself',
      {
        labels: WINDOWS,
        taint: os,
        ready: false,
        spec: { nodeSelector: { 'kubernetes.io/os': 'windows' } },
        containers: [waits('ErrImagePull', 'no match for platform')],
      },
      ASK,
    ],
  ])('%s', (_, situation, expected) => {
    expect(verdict(situation)).toBe(expected)
  })
})

describe('whether a DaemonSet belongs on reserved nodes', () => {
  const tolerating = (toleration: object): Situation => ({ spec: { tolerations: [toleration] } })
  it.each<[string, Situation, string]>([
    ['nothing is known of it', {}, ASK],
    ['a node agent', { spec: LOGS }, YES],
    ['another value', tolerating({ key: 'dedicated', value: 'kafka' }), ASK],
    ['the value in another case', tolerating({ key: 'dedicated', value: 'GPU' }), YES],
    ['the key in another case', tolerating({ key: 'Dedicated', operator: 'Exists' }), YES],
    [
      'an operator that does not exist',
      tolerating({ key: 'dedicated', operator: 'Equals', value: 'gpu' }),
      YES,
    ],
    [
      'another effect',
      tolerating({ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }),
      YES,
    ],
    ['neither value nor operator', tolerating({ key: 'dedicated' }), YES],
    [
      'a value that only says that it is there',
      { ...tolerating({ key: 'gpu', value: 'true' }), taint: noSchedule('gpu') },
      YES,
    ],
    [
      'a number beside a number',
      { ...tolerating({ key: 'tier', value: '1' }), taint: noSchedule('tier', '10') },
      ASK,
    ],
    ['excluded by affinity', { spec: { ...LOGS, ...affinity('dedicated', 'NotIn', 'gpu') } }, NO],
    ['another value excluded', { spec: affinity('dedicated', 'NotIn', 'kafka') }, ASK],
    [
      'selects only tainted nodes',
      { labels: { pool: 'gpu' }, spec: { nodeSelector: { pool: 'gpu' } } },
      YES,
    ],
    [
      'selects clean nodes too',
      {
        labels: { zone: 'x' },
        spec: { nodeSelector: { zone: 'x' } },
        nodes: [node('c', { labels: { zone: 'x' } })],
      },
      ASK,
    ],
  ])('%s', (_, situation, expected) => {
    expect(verdict(situation)).toBe(expected)
  })
})

describe('a taint that passes is not tolerated for good', () => {
  const POOL = { pool: 'workers' }
  const peers = [node('p', { labels: POOL }), node('q', { labels: POOL })]
  it.each<[string, Situation, string]>([
    ['a known maintenance key', { taint: noSchedule('medik8s.io/drain') }, PASSING],
    ['a name that says so', { taint: noSchedule('maintenance', 'true') }, PASSING],
    ['a temporary name', { taint: noSchedule('example.com/tmp') }, PASSING],
    ["a person's name", { taint: noSchedule('reserved-for', 'anna') }, PASSING],
    ["a person's full name", { taint: noSchedule('dedicated', 'anna.schmidt') }, PASSING],
    ['a login, by hand', { taint: noSchedule('hold', 'jsmith'), by: 'kubectl-taint' }, PASSING],
    ['a team as owner', { taint: noSchedule('owner', 'team-search'), nodes: peers }, YES],
    ['a date', { taint: noSchedule('benchmark', '2026-11-30') }, PASSING],
    ['Unix seconds', { taint: noSchedule('example.com/until', '1796000000') }, PASSING],
    ['by hand, on one of several nodes', { taint: noSchedule('x'), by: 'kubectl-taint' }, PASSING],
    ['by a tool, on one of several nodes', { taint: noSchedule('x') }, YES],
    ['by hand, on one node of a pool', { labels: POOL, nodes: peers, by: 'kubectl-edit' }, PASSING],
    ['by a tool, on one node of a pool', { labels: POOL, nodes: peers }, YES],
    [
      'by hand, on most of a pool',
      {
        labels: POOL,
        by: 'kubectl-taint',
        nodes: [
          node('p', { labels: POOL, taints: [noSchedule('dedicated', 'gpu')] }),
          node('q', { labels: POOL }),
        ],
      },
      YES,
    ],
    ['a documented key by hand', { taint: noSchedule('nvidia.com/gpu'), by: 'kubectl-taint' }, YES],
  ])('%s', (_, situation, expected) => {
    expect(verdict({ spec: LOGS, ...situation })).toBe(expected)
  })

  it('by hand, but a template names the key: it is an established one', () => {
    const other = daemonSet({ tolerations: [{ key: 'x', operator: 'Exists' }] })
    const more = {
      daemonSets: [{ ...other, metadata: { ...other.metadata, name: 'other', uid: 'other' } }],
    }
    expect(verdict({ spec: LOGS, taint: noSchedule('x'), by: 'kubectl-taint', more })).toBe(YES)
  })
})
