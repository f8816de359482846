import { isReady } from '../../src/daemonset/object-state.ts'
import type { PodSpec, Taint } from '../../src/kubernetes/objects.ts'
import { MERGE_PATCH } from './api.ts'
import { STAYS_TERMINATING_ANNOTATION } from './kwok.ts'
import {
  addTolerationAtAdmission,
  CONTAINERS,
  GPU,
  TOLERATES_GPU,
  untilUnreachable,
  type VerdictScenario,
} from './reproduce.ts'
import { labelNode, stopHeartbeat } from './workload.ts'

const sla = (value: string): Taint => ({ key: 'sla', value, effect: 'NoSchedule' })
const TOLERATES_HIGH_SLA: PodSpec = {
  tolerations: [{ key: 'sla', operator: 'Gt', value: '900', effect: 'NoSchedule' }],
}

/** NoSchedule taints: the controller keeps the pods. */
export const TAINT_SCENARIOS: readonly VerdictScenario[] = [
  {
    name: 't1',
    findings: ['T1'],
    nodes: [[], []],
    async trigger(set) {
      await stopHeartbeat(set.cluster, set.node(0))
      await untilUnreachable(set)
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't3',
    findings: ['T3'],
    remedy: 'tolerate',
    nodes: [[], [], []],
    async trigger(set) {
      await set.taint(1, GPU)
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't4',
    findings: ['T4'],
    variant: 'draining',
    remedy: 'tolerate',
    nodes: [[], []],
    async trigger(set) {
      const { request } = set.cluster
      await request('POST', '/api/v1/namespaces/default/pods', {
        metadata: { name: 'worker', annotations: { [STAYS_TERMINATING_ANNOTATION]: '' } },
        spec: { nodeName: set.node(0), terminationGracePeriodSeconds: 600, containers: CONTAINERS },
      })
      await request(
        'PATCH',
        `/api/v1/nodes/${set.node(0)}`,
        { spec: { unschedulable: true } },
        MERGE_PATCH,
      )
      const decided = String(Math.floor(Date.now() / 1000))
      await set.taint(0, {
        key: 'ToBeDeletedByClusterAutoscaler',
        value: decided,
        effect: 'NoSchedule',
      })
      await request('DELETE', '/api/v1/namespaces/default/pods/worker')
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't6',
    findings: ['T6'],
    remedy: 'delete-pod',
    nodes: [[GPU], [GPU], []],
    async trigger(set) {
      await set.taint(2, GPU)
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't7',
    findings: ['T7'],
    remedy: 'delete-pod',
    nodes: [[GPU], []],
    spec: { podSpec: TOLERATES_GPU, updateStrategy: { type: 'OnDelete' } },
    async trigger(set) {
      await set.patch({ spec: { template: { spec: { tolerations: null } } } })
      await set.waitUntilCounted(1)
    },
  },
  {
    // No node is desired, and a percentage of 0 is 0, so the rollout never starts.
    name: 't8',
    findings: ['T8'],
    variant: 'none-desired',
    remedy: 'delete-pod',
    nodes: [[GPU], [GPU]],
    spec: {
      podSpec: TOLERATES_GPU,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
    },
    async trigger(set) {
      await set.patch({ spec: { template: { spec: { tolerations: null } } } })
      await set.waitUntilCounted(2)
    },
  },
  {
    name: 't2',
    findings: ['T2'],
    nodes: [[], []],
    async trigger(set) {
      // As a route controller reports it; the node-lifecycle controller adds the taint.
      const condition = {
        type: 'NetworkUnavailable',
        status: 'True',
        reason: 'NoRouteCreated',
        lastTransitionTime: new Date().toISOString(),
      }
      const patch = JSON.stringify({ status: { conditions: [condition] } })
      await set.cluster.kubectl(['patch', 'node', set.node(0), '--subresource=status', '-p', patch])
      await set.touchUntilCounted(1)
    },
  },
  {
    // cilium-operator adds this taint to a running node too, when the agent there is down.
    name: 't5',
    findings: ['T5'],
    variant: 'starting',
    remedy: 'tolerate',
    nodes: [[], []],
    async trigger(set) {
      await set.taint(0, { key: 'node.cilium.io/agent-not-ready', effect: 'NoSchedule' })
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't9',
    findings: ['T9'],
    remedy: 'tolerate',
    nodes: [[], []],
    async trigger(set) {
      await addTolerationAtAdmission(set, GPU)
      await set.deletePod(0)
      await set.untilSomePod(
        'is Ready with the toleration',
        (pod) => isReady(pod) && pod.spec?.tolerations?.some(({ key }) => key === GPU.key) === true,
      )
      await set.taint(0, GPU)
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't10',
    findings: ['T10'],
    remedy: 'delete-pod',
    nodes: [[], []],
    async trigger(set) {
      // The node is full, so its next pod is Pending when the taint comes.
      const patch = JSON.stringify({ status: { allocatable: { pods: '0' } } })
      await set.cluster.kubectl(['patch', 'node', set.node(0), '--subresource=status', '-p', patch])
      await set.deletePod(0)
      await set.untilSomePod('is not bound', ({ spec }) => spec?.nodeName === undefined)
      await set.taint(0, GPU)
      await set.touchUntilCounted(1)
    },
  },
  {
    // The nodes are kwok's, and this one has kwok's own label and taint.
    name: 't11',
    findings: ['T11'],
    remedy: 'delete-pod',
    nodes: [[], []],
    async trigger(set) {
      await labelNode(set.cluster, set.node(0), { type: 'kwok' })
      await set.taint(0, { key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' })
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't12',
    findings: ['T12'],
    variant: 'past-threshold',
    remedy: 'tolerate',
    nodes: [[sla('950')], []],
    spec: { podSpec: TOLERATES_HIGH_SLA },
    async trigger(set) {
      await set.taint(0, sla('850'))
      await set.touchUntilCounted(1)
    },
  },
  {
    name: 't12-holds',
    findings: [],
    nodes: [[sla('950')], []],
    spec: { podSpec: TOLERATES_HIGH_SLA },
    async trigger(set) {
      await set.waitFor(({ desiredNumberScheduled }) => desiredNumberScheduled === 2)
    },
  },
  {
    name: 't12-no-number',
    findings: ['T12'],
    variant: 'not-a-number',
    nodes: [[sla('950')], []],
    spec: { podSpec: TOLERATES_HIGH_SLA },
    async trigger(set) {
      await set.taint(0, sla('0950'))
      await set.touchUntilCounted(1)
    },
  },
]
