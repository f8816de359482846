import { randomBytes } from 'node:crypto'
import type { DaemonSet } from '../../src/kubernetes/objects.ts'
import { type Listener, listenOn } from '../listener.ts'
import { createTimers, type Timers } from '../timers.ts'
import { createApiServer } from './api-server.ts'
import { BOT_RIGHTS, type Right } from './authorizer.ts'
import { runDaemonSetController } from './daemonset-controller.ts'
import { currentRevision } from './daemonset-revisions.ts'
import { createFaults, type Faults } from './faults.ts'
import { runHeartbeats } from './heartbeats.ts'
import { runKubelets } from './kubelet.ts'
import { runNodeLifecycle } from './node-lifecycle.ts'
import { createObjectStore, type ObjectStore } from './object-store.ts'
import { createPager } from './paging.ts'
import {
  apiVersionOf,
  type Objects,
  RESOURCES,
  type Resource,
  resourceOfKind,
} from './resources.ts'
import { TEMPLATE_GENERATION } from './validate-daemonset.ts'

export interface ClusterOptions {
  /** 0, any free one, unless given. */
  readonly port?: number
  /** Which decides, among other things, what the DaemonSet controller overlooks. Default v1.35.2. */
  readonly version?: string
  readonly token?: string
  /** Whose token it is. */
  readonly user?: string
  /** Default: `BOT_RIGHTS`. */
  readonly rights?: readonly Right[]
  /** Rights of other users, for SubjectAccessReviews. */
  readonly users?: Readonly<Record<string, readonly Right[]>>
  /** Milliseconds. Kept short, so that one need not wait. */
  readonly durations?: Partial<Durations>
  readonly onRequest?: (request: { readonly method: string; readonly path: string }) => void
}

export interface Durations {
  /** From a change to the DaemonSet controller's sync. */
  readonly sync: number
  readonly podStart: number
  readonly podStop: number
  /** From a node's end to that of its pods. */
  readonly podGc: number
  readonly heartbeat: number
}

/** An object as `kubectl get -o yaml` prints it. */
export type ClusterObject = Objects[Resource] & {
  readonly kind: string
  readonly apiVersion?: string
}

export interface SimulatedCluster {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  readonly token: string
  readonly version: string
  /** What is in it. Writes here are those of other clients, past the API server's checks. */
  readonly store: ObjectStore
  readonly timers: Timers
  readonly faults: Faults
  /** Every list that somebody is in the middle of is too old for its next page: 410. */
  expireLists(): void
  /** The API server goes away, and comes back on the same port. */
  down(): Promise<void>
  up(): Promise<void>
  readonly isUp: boolean
  /** A kubeconfig file's text, with one context of this name. */
  kubeconfig(context: string): string
  stop(): Promise<void>
}

const DURATIONS: Durations = { sync: 40, podStart: 350, podStop: 200, podGc: 800, heartbeat: 5000 }

/** Starts a cluster with these objects: the part of the API that is served over HTTP, and the controllers that make it behave. */
export async function startCluster(
  objects: readonly ClusterObject[],
  options: ClusterOptions = {},
): Promise<SimulatedCluster> {
  const {
    version = 'v1.35.2',
    token = randomBytes(16).toString('hex'),
    user = 'system:serviceaccount:monitoring:daemonset-triage',
  } = options
  const { rights = BOT_RIGHTS, users = {}, onRequest = () => {} } = options
  const durations = { ...DURATIONS, ...options.durations }
  const store = createObjectStore()
  const faults = createFaults()
  const pager = createPager()
  const timers = createTimers()

  for (const object of objects) takeIn(store, object)
  for (const daemonSet of store.list('daemonsets')) currentRevision(store, daemonSet)
  runDaemonSetController({
    store,
    timers,
    faults,
    serverVersion: version,
    syncDelay: durations.sync,
  })
  runNodeLifecycle({ store, timers, podGc: durations.podGc })
  runKubelets({ store, timers, podStart: durations.podStart, podStop: durations.podStop })
  runHeartbeats(store, timers, durations.heartbeat)

  const app = createApiServer({
    store,
    pager,
    faults,
    token,
    user,
    rights,
    users,
    version,
    onRequest,
  })
  let listener: Listener | undefined = await listenOn(app, options.port)
  const { url, port } = listener
  return {
    url,
    token,
    version,
    store,
    timers,
    faults,
    expireLists: () => pager.expire(),
    async down() {
      await listener?.close()
      listener = undefined
    },
    async up() {
      listener ??= await listenOn(app, port)
    },
    get isUp() {
      return listener !== undefined
    },
    kubeconfig: (context) => kubeconfig(context, url, token),
    async stop() {
      timers.stop()
      await listener?.close()
      listener = undefined
    },
  }
}

function takeIn(store: ObjectStore, object: ClusterObject): void {
  const definition = resourceOfKind(object.kind)
  if (!definition || (object.apiVersion ?? apiVersionOf(definition)) !== apiVersionOf(definition)) {
    const served = RESOURCES.map(({ kind }) => kind).join(', ')
    throw new Error(
      `the simulated cluster has no ${object.apiVersion ?? ''} ${object.kind}; it has: ${served}`,
    )
  }
  const { namespace, name } = object.metadata
  if (definition.namespaced && namespace === undefined)
    throw new Error(`${object.kind} ${name} lacks metadata.namespace`)
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

/** JSON is YAML too. */
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
