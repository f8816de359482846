import {
  type ClusterObject,
  type ClusterOptions,
  type SimulatedCluster,
  startCluster,
} from '../../simulator/cluster/start-cluster.ts'
import type { DaemonSet, PodSpec, Taint } from '../../src/kubernetes/objects.ts'

export const AGENT = '/apis/apps/v1/namespaces/datadog/daemonsets/agent'

export const node = (
  name: string,
  more: { labels?: Record<string, string>; taints?: readonly Taint[]; kubelet?: string } = {},
): ClusterObject => ({
  kind: 'Node',
  metadata: { name, labels: more.labels ?? {} },
  spec: { ...(more.taints && { taints: more.taints }) },
  status: {
    nodeInfo: { kubeletVersion: more.kubelet ?? 'v1.35.2' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
})

/** The DaemonSet datadog/agent. */
export const agent = (
  spec: PodSpec = {},
  updateStrategy?: DaemonSet['spec']['updateStrategy'],
): ClusterObject => ({
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'datadog' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'agent', image: 'agent:7' }], ...spec },
    },
    ...(updateStrategy && { updateStrategy }),
  },
})

/** A running pod in the namespace batch, not of a DaemonSet. */
export const worker = (
  name: string,
  nodeName: string,
  metadata: { finalizers?: string[]; annotations?: Record<string, string> } = {},
): ClusterObject => ({
  kind: 'Pod',
  metadata: { name, namespace: 'batch', ...metadata },
  spec: { nodeName, terminationGracePeriodSeconds: 600 },
  status: { phase: 'Running' },
})

/** A simulated cluster with minimal delays, and a client for it. */
export async function testCluster(objects: readonly ClusterObject[], options: ClusterOptions = {}) {
  const cluster = await startCluster(objects, {
    durationsMs: { sync: 1, podStart: 1, podStop: 1, podGc: 1 },
    ...options,
  })
  return { cluster, ask: asker(cluster) }
}

export type Ask = ReturnType<typeof asker>

const asker =
  (cluster: SimulatedCluster) =>
  async (method: string, path: string, json?: unknown, headers: Record<string, string> = {}) => {
    const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/json'
    const sent = { authorization: `Bearer ${cluster.token}`, 'content-type': type, ...headers }
    const response = await fetch(cluster.url + path, {
      method,
      headers: sent,
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? JSON.parse(text) : text,
    }
  }
