import type { DaemonSetStatus, Node, Pod, PodSpec, Taint } from '../../src/kubernetes/objects.ts'
import type { RemedyKind } from '../../src/triage/remedies/remedy.ts'
import { MERGE_PATCH } from './api.ts'
import type { TestCluster } from './control-plane.ts'
import { until } from './processes.ts'
import {
  addTaint,
  type DaemonSetOptions,
  listPods,
  makeDaemonSet,
  makeNamespace,
  makeNode,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

export const GPU: Taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }
export const TOLERATES_GPU: PodSpec = {
  tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
}
export const CONTAINERS = [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }]
export const HELD_BY_FINALIZER = { metadata: { finalizers: ['example.com/held'] } }

/** A situation on a real control plane, in its own namespace and on its own nodes. */
export interface VerdictScenario {
  /**
   * Also the namespace. The DaemonSet is `agent`; it runs only on the nodes `<name>-0`, `<name>-1`,
   * …
   */
  readonly name: string
  /** The expected findings in order: an id, or an id and the id of the hold, `P5/K1`. */
  readonly findings: readonly string[]
  readonly variant?: string
  /** A remedy that the test applies. Its result must equal the prediction. */
  readonly remedy?: RemedyKind
  /** Taints with which each node is created. */
  readonly nodes: readonly (readonly Taint[])[]
  readonly spec?: Omit<DaemonSetOptions, 'name' | 'namespace'>
  /** Turns a DaemonSet whose pods are all Running into the situation. */
  trigger(set: ScenarioSteps): Promise<void>
}

/** The DaemonSet of a scenario, and the changes that a scenario can make. */
export interface ScenarioSteps {
  readonly cluster: TestCluster
  readonly namespace: string
  readonly name: string
  readonly path: string
  node(index: number): string
  taint(index: number, taint: Taint): Promise<void>
  /** Touches the DaemonSet until the controller counts this many misscheduled nodes. */
  touchUntilCounted(misscheduled: number): Promise<void>
  patch(patch: unknown): Promise<unknown>
  /** Waits until the controller counts this many misscheduled nodes, without a touch. */
  waitUntilCounted(misscheduled: number): Promise<unknown>
  /** Waits until the status is like this, without a touch. */
  waitFor(wanted: (status: DaemonSetStatus) => boolean): Promise<unknown>
  /** Asks for the deletion of the pod on a node. */
  deletePod(index: number): Promise<void>
  untilSomePod(what: string, wanted: (pod: Pod) => boolean): Promise<unknown>
  /** Patches the pod on a node. */
  patchPod(index: number, patch: unknown): Promise<void>
  /** Waits until the pod on a node has a deletionTimestamp. */
  waitUntilTerminating(index: number): Promise<unknown>
}

/**
 * Creates the nodes and the DaemonSet, waits until all pods are Ready, and triggers the situation.
 */
export async function reproduce(cluster: TestCluster, scenario: VerdictScenario): Promise<void> {
  const { name: namespace, nodes, spec = {} } = scenario
  const node = (index: number) => `${namespace}-${index}`
  const names = nodes.map((_, index) => node(index))
  await Promise.all(
    nodes.map((taints, index) =>
      makeNode(cluster, node(index), { labels: { case: namespace, pool: namespace }, taints }),
    ),
  )
  await waitForReadyNodes(cluster, names)
  await makeNamespace(cluster, namespace)
  await makeDaemonSet(cluster, {
    ...spec,
    namespace,
    name: 'agent',
    podSpec: { ...spec.podSpec, nodeSelector: { case: namespace } },
  })
  const set = { namespace, name: 'agent' }
  const tolerates = spec.podSpec?.tolerations !== undefined
  const wanted = nodes.filter((taints) => tolerates || taints.length === 0).length
  await waitForStatus(
    cluster,
    set,
    (status) => status.numberReady === wanted && status.desiredNumberScheduled === wanted,
  )
  await scenario.trigger(stepsFor(cluster, namespace, node))
}

function stepsFor(
  cluster: TestCluster,
  namespace: string,
  node: (index: number) => string,
): ScenarioSteps {
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`
  const podOn = async (index: number) => {
    const found = (await listPods(cluster, namespace)).find(
      ({ spec }) => spec?.nodeName === node(index),
    )
    if (found === undefined) throw new Error(`no pod of ${namespace}/agent runs on ${node(index)}`)
    return found
  }
  return {
    cluster,
    namespace,
    name: 'agent',
    path,
    node,
    taint: (index, taint) => addTaint(cluster, node(index), taint),
    touchUntilCounted: (misscheduled) =>
      touchUntilCounted(cluster, { namespace, name: 'agent' }, misscheduled),
    patch: (patch) => cluster.request('PATCH', path, patch, MERGE_PATCH),
    waitUntilCounted: (misscheduled) =>
      waitForStatus(
        cluster,
        { namespace, name: 'agent' },
        ({ numberMisscheduled }) => numberMisscheduled === misscheduled,
      ),
    waitFor: (wanted) => waitForStatus(cluster, { namespace, name: 'agent' }, wanted),
    async deletePod(index) {
      const { metadata } = await podOn(index)
      await cluster.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${metadata.name}`)
    },
    untilSomePod: (what, wanted) =>
      until(
        `a pod of ${namespace} that ${what}`,
        async () => (await listPods(cluster, namespace)).some(wanted) || undefined,
      ),
    async patchPod(index, patch) {
      const { metadata } = await podOn(index)
      await cluster.request(
        'PATCH',
        `/api/v1/namespaces/${namespace}/pods/${metadata.name}`,
        patch,
        MERGE_PATCH,
      )
    },
    waitUntilTerminating: (index) =>
      until(
        `a deletionTimestamp on the pod on ${node(index)}`,
        async () => (await podOn(index)).metadata.deletionTimestamp,
      ),
  }
}
/** Waits until the node-lifecycle controller has tainted the first node as unreachable. */
export async function untilUnreachable({ cluster, node }: ScenarioSteps): Promise<void> {
  await until('the NoSchedule taint node.kubernetes.io/unreachable', async () => {
    const { spec } = await cluster.request<Node>('GET', `/api/v1/nodes/${node(0)}`)
    return (
      spec?.taints?.some(
        ({ key, effect }) => key.endsWith('/unreachable') && effect === 'NoSchedule',
      ) || undefined
    )
  })
}

/** Denies every deletion of a pod in the namespace, and waits until the policy is in effect. */
export async function denyDeletion({ cluster, namespace }: ScenarioSteps): Promise<void> {
  const group = 'admissionregistration.k8s.io/v1'
  const metadata = { name: `keep-${namespace}` }
  await cluster.request('POST', `/apis/${group}/validatingadmissionpolicies`, {
    metadata,
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['pods'] },
        ],
      },
      matchConditions: [{ name: 'here', expression: `request.namespace == '${namespace}'` }],
      validations: [{ expression: 'false', message: 'pods are kept here' }],
    },
  })
  await cluster.request('POST', `/apis/${group}/validatingadmissionpolicybindings`, {
    metadata,
    spec: { policyName: metadata.name, validationActions: ['Deny'] },
  })
  const [pod] = await listPods(cluster, namespace)
  await until('a denied deletion', async () => {
    const attempt = cluster.request(
      'DELETE',
      `/api/v1/namespaces/${namespace}/pods/${pod?.metadata.name}?dryRun=All`,
    )
    return attempt.then(
      () => undefined,
      () => true,
    )
  })
}

/** Adds a toleration of the taint to every new pod in the namespace, and waits for the effect. */
export async function addTolerationAtAdmission(
  { cluster, namespace }: ScenarioSteps,
  { key, effect }: Taint,
): Promise<void> {
  const group = 'admissionregistration.k8s.io/v1'
  const metadata = { name: `tolerate-${namespace}` }
  const toleration = `JSONPatch{op: "add", path: "/spec/tolerations/-", value: Object.spec.tolerations{key: "${key}", operator: "Exists", effect: "${effect}"}}`
  await cluster.request('POST', `/apis/${group}/mutatingadmissionpolicies`, {
    metadata,
    spec: {
      reinvocationPolicy: 'Never',
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
      matchConditions: [{ name: 'here', expression: `request.namespace == '${namespace}'` }],
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: `[${toleration}]` } }],
    },
  })
  await cluster.request('POST', `/apis/${group}/mutatingadmissionpolicybindings`, {
    metadata,
    spec: { policyName: metadata.name },
  })
  await until('a toleration added at admission', async () => {
    const { spec } = await cluster.request<Pod>(
      'POST',
      `/api/v1/namespaces/${namespace}/pods?dryRun=All`,
      // The API server's own defaults come before the policy, so the list exists.
      { metadata: { name: 'probe' }, spec: { containers: CONTAINERS } },
    )
    return spec?.tolerations?.some((one) => one.key === key) || undefined
  })
}
