import { randomBytes } from 'node:crypto'
import type { DaemonSet } from '../../src/kubernetes/objects.ts'
import { type LocalServer, startServer } from '../local-server.ts'
import { createTimers, type Timers } from '../timers.ts'
import { createApiServer } from './api/api-server.ts'
import { BOT_PERMISSIONS, type Permission } from './api/authorization.ts'
import { TEMPLATE_GENERATION } from './api/daemonset-validation.ts'
import { createFaults, type Faults } from './api/faults.ts'
import { createPager } from './api/lists.ts'
import { runDaemonSetController } from './controllers/daemonset-controller.ts'
import { currentRevision } from './controllers/daemonset-template.ts'
import { runHeartbeats, runKubelets } from './controllers/kubelet.ts'
import { runNodeLifecycle } from './controllers/node-lifecycle.ts'
import { ObjectStore } from './object-store.ts'
import {
  apiVersionOf,
  type Objects,
  RESOURCES,
  type Resource,
  resourceOfKind,
} from './resources.ts'

/** Everything is optional. */
export interface ClusterOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /**
   * Kubernetes version. It decides which changes the DaemonSet controller misses. Default v1.35.2.
   */
  readonly version?: string
  /** Bearer token of the API. Default: random. */
  readonly token?: string
  /** The user of the token. */
  readonly user?: string
  /** Permissions of that user. Default: `BOT_PERMISSIONS`. */
  readonly permissions?: readonly Permission[]
  /** Permissions of other users, for SubjectAccessReviews. */
  readonly users?: Readonly<Record<string, readonly Permission[]>>
  /** Default: well below those of a real cluster. */
  readonly durationsMs?: Partial<Durations>
  readonly onRequest?: (request: { readonly method: string; readonly path: string }) => void
}

/** Milliseconds. */
export interface Durations {
  /** From a change to the DaemonSet controller's sync. */
  readonly sync: number
  readonly podStart: number
  readonly podStop: number
  /** From the deletion of a node to the removal of its pods. */
  readonly podGc: number
  readonly heartbeat: number
}

/** An object as `kubectl get -o yaml` prints it. */
export type ClusterObject = Objects[Resource] & {
  readonly kind: string
  readonly apiVersion?: string
}

/**
 * A running cluster. `down` and `up` stop and restart the API server; the controllers keep running.
 */
export interface SimulatedCluster extends LocalServer {
  readonly token: string
  readonly version: string
  /** Direct access to the objects, without the API server's checks. */
  readonly store: ObjectStore
  readonly timers: Timers
  readonly faults: Faults
  /** Makes the next page of every unfinished list a 410. */
  expireLists(): void
  /** A kubeconfig file with one context of this name. */
  kubeconfig(context: string): string
  /** Stops the API server and the controllers. */
  stop(): Promise<void>
}

const DURATIONS: Durations = { sync: 40, podStart: 350, podStop: 200, podGc: 800, heartbeat: 5000 }

/**
 * Starts a cluster with these objects: an API server over HTTP, and the controllers and kubelets
 * behind it.
 */
export async function startCluster(
  objects: readonly ClusterObject[],
  options: ClusterOptions = {},
): Promise<SimulatedCluster> {
  const {
    version = 'v1.35.2',
    token = randomBytes(16).toString('hex'),
    user = 'system:serviceaccount:monitoring:daemonset-triage',
    permissions = BOT_PERMISSIONS,
    users = {},
    onRequest = () => {},
  } = options
  const store = new ObjectStore()
  const faults = createFaults()
  const pager = createPager()
  const timers = createTimers()
  for (const object of objects) addObject(store, object)
  for (const daemonSet of store.list('daemonsets')) currentRevision(store, daemonSet)
  runControllers(store, timers, faults, version, { ...DURATIONS, ...options.durationsMs })

  const access = { token, user, permissions, users }
  const app = createApiServer({ store, pager, faults, ...access, version, onRequest })
  const server = await startServer(app, options.port)
  return {
    url: server.url,
    get isUp() {
      return server.isUp
    },
    down: () => server.down(),
    up: () => server.up(),
    token,
    version,
    store,
    timers,
    faults,
    expireLists: () => pager.expire(),
    kubeconfig: (context) => kubeconfig(context, server.url, token),
    async stop() {
      timers.stop()
      await server.down()
    },
  }
}

function runControllers(
  store: ObjectStore,
  timers: Timers,
  faults: Faults,
  serverVersion: string,
  { sync, podStart, podStop, podGc, heartbeat }: Durations,
): void {
  runDaemonSetController({ store, timers, faults, serverVersion, syncDelayMs: sync })
  runNodeLifecycle({ store, timers, podGcMs: podGc })
  runKubelets({ store, timers, podStartMs: podStart, podStopMs: podStop })
  runHeartbeats(store, timers, heartbeat)
}

function addObject(store: ObjectStore, object: ClusterObject): void {
  const definition = resourceOfKind(object.kind)
  if (!definition || (object.apiVersion ?? apiVersionOf(definition)) !== apiVersionOf(definition)) {
    const supported = RESOURCES.map(({ kind }) => kind).join(', ')
    throw new Error(
      `the simulated cluster does not support ${object.apiVersion ?? ''} ${object.kind}; supported: ${supported}`,
    )
  }
  const { namespace, name } = object.metadata
  if (definition.namespaced && namespace === undefined)
    throw new Error(`${object.kind} ${name} has no metadata.namespace`)
  const { resource } = definition
  if (namespace !== undefined && !store.get('namespaces', undefined, namespace))
    store.create('namespaces', namespaceOf(namespace))
  if (resource === 'namespaces' && store.get('namespaces', undefined, name))
    store.remove('namespaces', undefined, name)
  store.create(
    resource,
    resource === 'daemonsets' ? withTemplateGeneration(object as DaemonSet) : object,
  )
}

const namespaceOf = (name: string) => ({
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  status: { phase: 'Active' },
})

function withTemplateGeneration(daemonSet: DaemonSet): DaemonSet {
  const { metadata } = daemonSet
  return {
    ...daemonSet,
    metadata: { ...metadata, annotations: { [TEMPLATE_GENERATION]: '1', ...metadata.annotations } },
  }
}

/** JSON, which is valid YAML. */
function kubeconfig(context: string, server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: context, cluster: { server } }],
    users: [{ name: context, user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    'current-context': context,
  })
}
