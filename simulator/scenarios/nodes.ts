import type { Node, Taint } from '../../src/kubernetes/objects.ts'
import { recordWrite } from '../cluster/managed-fields.ts'
import { healthyConditions } from '../cluster/node-conditions.ts'
import type { ClusterObject } from '../cluster/start-cluster.ts'
import { withTaints } from '../cluster/taint-node.ts'

export interface NodeParts {
  /** RFC 3339. */
  readonly created: string
  readonly pool?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly kubelet?: string
  readonly unschedulable?: boolean
  /** A taint list, who wrote it last and when. */
  readonly tainted?: { readonly taints: readonly Taint[]; readonly by: string; readonly at: string }
}

/** A Ready worker of a cloud, as its kubelet registered it. */
export function workerNode(name: string, parts: NodeParts): ClusterObject {
  const {
    created,
    pool = 'general',
    labels = {},
    kubelet = 'v1.35.2',
    unschedulable,
    tainted,
  } = parts
  const registered = {
    manager: 'kubelet',
    apiVersion: 'v1',
    paths: [['metadata', 'labels']],
    time: created,
  }
  const metadata = {
    name,
    creationTimestamp: created,
    labels: {
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': name,
      'topology.kubernetes.io/zone': 'eu-west-1a',
      'node.example.com/pool': pool,
      ...labels,
    },
  }
  const node: Node = {
    metadata: recordWrite(metadata, registered),
    spec: {
      providerID: `aws:///eu-west-1a/i-${idOf(name)}`,
      ...(unschedulable && { unschedulable }),
    },
    status: {
      conditions: healthyConditions(created),
      allocatable: { cpu: '3920m', memory: '15Gi', pods: '58' },
      nodeInfo: { kubeletVersion: kubelet },
    },
  }
  return {
    kind: 'Node',
    ...(tainted ? withTaints(node, tainted.taints, tainted.by, tainted.at) : node),
  }
}

/** `ip-10-0-17-23.eu-west-1.compute.internal`. */
export const nodeName = (subnet: number, host: number): string =>
  `ip-10-0-${subnet}-${host}.eu-west-1.compute.internal`

const idOf = (name: string) =>
  Buffer.from(name.replace(/\D/g, '').padStart(9, '0')).toString('hex').slice(0, 17)
