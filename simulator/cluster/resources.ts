import type {
  ControllerRevision,
  DaemonSet,
  Event,
  Lease,
  Namespace,
  Node,
  Pod,
  PodDisruptionBudget,
} from '../../src/kubernetes/objects.ts'

/** The object type of each resource, by its name in API paths. */
export interface Objects {
  readonly nodes: Node
  readonly pods: Pod
  readonly namespaces: Namespace
  readonly events: Event
  readonly daemonsets: DaemonSet
  readonly controllerrevisions: ControllerRevision
  readonly poddisruptionbudgets: PodDisruptionBudget
  readonly leases: Lease
}

/** A resource name in API paths, such as `daemonsets`. */
export type Resource = keyof Objects

/** How the API names a resource. */
export interface ResourceDefinition {
  readonly resource: Resource
  /** '' for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly singular: string
  readonly namespaced: boolean
  /**
   * Fields that a field selector supports besides metadata.name and metadata.namespace, with their
   * paths in the object.
   */
  readonly fields: Readonly<Record<string, readonly string[]>>
}

const path = (...labels: string[]) =>
  Object.fromEntries(labels.map((label) => [label, label.split('.')]))

/** The resources that the simulated API serves. */
export const RESOURCES: readonly ResourceDefinition[] = [
  {
    resource: 'nodes',
    group: '',
    version: 'v1',
    kind: 'Node',
    singular: 'node',
    namespaced: false,
    fields: path('spec.unschedulable'),
  },
  {
    resource: 'pods',
    group: '',
    version: 'v1',
    kind: 'Pod',
    singular: 'pod',
    namespaced: true,
    fields: path(
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'status.phase',
      'status.podIP',
    ),
  },
  {
    resource: 'namespaces',
    group: '',
    version: 'v1',
    kind: 'Namespace',
    singular: 'namespace',
    namespaced: false,
    fields: path('status.phase'),
  },
  {
    resource: 'events',
    group: '',
    version: 'v1',
    kind: 'Event',
    singular: 'event',
    namespaced: true,
    fields: {
      ...path(
        'involvedObject.kind',
        'involvedObject.namespace',
        'involvedObject.name',
        'involvedObject.uid',
        'reason',
        'type',
      ),
      source: ['source', 'component'],
    },
  },
  {
    resource: 'daemonsets',
    group: 'apps',
    version: 'v1',
    kind: 'DaemonSet',
    singular: 'daemonset',
    namespaced: true,
    fields: {},
  },
  {
    resource: 'controllerrevisions',
    group: 'apps',
    version: 'v1',
    kind: 'ControllerRevision',
    singular: 'controllerrevision',
    namespaced: true,
    fields: {},
  },
  {
    resource: 'poddisruptionbudgets',
    group: 'policy',
    version: 'v1',
    kind: 'PodDisruptionBudget',
    singular: 'poddisruptionbudget',
    namespaced: true,
    fields: {},
  },
  {
    resource: 'leases',
    group: 'coordination.k8s.io',
    version: 'v1',
    kind: 'Lease',
    singular: 'lease',
    namespaced: true,
    fields: {},
  },
]

/** undefined: the simulated API does not serve this kind. */
export function resourceOfKind(kind: string | undefined): ResourceDefinition | undefined {
  return RESOURCES.find((one) => one.kind === kind)
}

/** The entry of `RESOURCES`. */
export const definitionOf = (resource: Resource): ResourceDefinition => {
  const found = RESOURCES.find((one) => one.resource === resource)
  if (!found) throw new Error(`no such resource: ${resource}`)
  return found
}

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = ({ group, version }: ResourceDefinition): string =>
  group ? `${group}/${version}` : version

/** `daemonsets.apps`, or `pods` for the core group. */
export const qualified = ({ resource, group }: ResourceDefinition): string =>
  group ? `${resource}.${group}` : resource

/** RFC 3339 to the second, as Kubernetes writes times. `at`: milliseconds since 1970. */
export const kubernetesTime = (at: number = Date.now()): string =>
  new Date(at).toISOString().replace(/\.\d+/, '')
