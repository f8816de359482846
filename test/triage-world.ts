import type {
  DaemonSet,
  Node,
  ObjectMeta,
  Pod,
  PodSpec,
  Snapshot,
  Taint,
} from '../src/kubernetes/objects.ts'

/** When the snapshots in these tests are taken. */
export const NOW = '2026-11-24T03:12:00Z'

/** RFC 3339: this many minutes before NOW, or after it if negative. */
export function minutesAgo(minutes: number): string {
  return `${new Date(Date.parse(NOW) - minutes * 60_000).toISOString().slice(0, 19)}Z`
}

export function unixSeconds(rfc3339: string): string {
  return String(Date.parse(rfc3339) / 1000)
}

export function noSchedule(key: string, value?: string, timeAdded?: string): Taint {
  return {
    key,
    effect: 'NoSchedule',
    ...(value !== undefined && { value }),
    ...(timeAdded && { timeAdded }),
  }
}

interface NodeParts {
  readonly taints?: readonly Taint[]
  /** Manager and time of the last change of the taint list. */
  readonly taintsBy?: readonly [string, string]
  readonly labels?: Readonly<Record<string, string>>
  readonly metadata?: Partial<ObjectMeta>
  readonly ready?: 'True' | 'False' | 'Unknown'
  readonly unschedulable?: boolean
}

export function node(
  name: string,
  { taints, taintsBy, labels, metadata, ready = 'True', unschedulable }: NodeParts = {},
): Node {
  const written = taintsBy && {
    manager: taintsBy[0],
    operation: 'Update',
    time: taintsBy[1],
    fieldsV1: { 'f:spec': { 'f:taints': {} } },
  }
  return {
    metadata: {
      name,
      creationTimestamp: minutesAgo(60 * 24 * 30),
      labels: labels ?? {},
      managedFields: written ? [written] : [],
      ...metadata,
    },
    spec: { ...(taints && { taints }), ...(unschedulable && { unschedulable }) },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: ready,
          reason: 'KubeletReady',
          lastTransitionTime: minutesAgo(60),
        },
      ],
    },
  }
}

export const UID = 'ds-uid'

export function daemonSet(
  spec: PodSpec = {},
  parts: Partial<DaemonSet['spec']> & { readonly status?: DaemonSet['status'] } = {},
): DaemonSet {
  const { status, ...rest } = parts
  return {
    metadata: {
      name: 'agent',
      namespace: 'ops',
      uid: UID,
      generation: 1,
      creationTimestamp: minutesAgo(60 * 24 * 90),
    },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { metadata: { labels: { app: 'agent' } }, spec },
      ...rest,
    },
    ...(status && { status }),
  }
}

/** The spec of a node agent: it mounts the node's logs. */
export const LOGS: PodSpec = { volumes: [{ name: 'logs', hostPath: { path: '/var/log' } }] }

export function pod(
  nodeName: string,
  metadata: Partial<ObjectMeta> = {},
  parts: { readonly spec?: PodSpec; readonly phase?: string } = {},
): Pod {
  return {
    metadata: {
      name: `agent-${nodeName}`,
      namespace: 'ops',
      generateName: 'agent-',
      creationTimestamp: minutesAgo(60 * 24 * 20),
      labels: { app: 'agent', 'controller-revision-hash': 'now' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent', uid: UID, controller: true },
      ],
      ...metadata,
    },
    spec: { nodeName, ...parts.spec },
    status: { phase: parts.phase ?? 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

/** A pod of a ReplicaSet, which a drain must evict. */
export function worker(
  nodeName: string,
  metadata: Partial<ObjectMeta> = {},
  spec: PodSpec = {},
): Pod {
  return {
    metadata: {
      name: 'worker-1',
      namespace: 'ci',
      labels: { app: 'worker' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'worker', uid: 'rs', controller: true }],
      ...metadata,
    },
    spec: { nodeName, ...spec },
    status: { phase: 'Running' },
  }
}

export function snapshot(parts: Partial<Snapshot>): Snapshot {
  return { takenAt: NOW, daemonSets: [], nodes: [], pods: [], unreadable: [], ...parts }
}
