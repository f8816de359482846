import { errorMessage } from '../../words/error-message.ts'
import { type ApiClient, apiClient, type Timeouts } from '../api-client.ts'
import { type ApiServer, RequestError } from '../api-server.ts'
import type { Cluster, Verb } from '../cluster.ts'
import { selectorText, withLabels } from '../list-path.ts'
import type { DaemonSet } from '../objects.ts'
import { flag, object, record, text } from '../projection.ts'
import { podMessage } from '../protobuf/messages.ts'
import { readClusterSnapshot } from '../snapshot/cluster-snapshot.ts'
import { reduceDaemonSet, reducePod } from '../snapshot/reduce.ts'

/** For tests. */
export interface ConnectOptions {
  /** The clock for a snapshot's `takenAt`. */
  readonly now?: () => Date
  readonly timeouts?: Timeouts
}

const TIMEOUTS: Timeouts = { pageMs: 30_000, callMs: 10_000 }
const FIELD_MANAGER = 'daemonset-triage'

/** The cluster of this API server. Sends nothing before the first call. */
export function connect(
  server: ApiServer,
  { now = () => new Date(), timeouts = TIMEOUTS }: ConnectOptions = {},
): Cluster {
  const client = apiClient(server, timeouts)
  return {
    snapshot: (question, signal) =>
      readClusterSnapshot(apiClient(server, timeouts, signal), now, {
        ...(question && { question }),
        ...(signal && { signal }),
      }),
    daemonSet: (namespace, name) => wholeDaemonSet(client, daemonSetPath(namespace, name)),
    pods: async (namespace, selector) => {
      if (selector === null) return []
      const path = withLabels(podsPath(namespace), selectorText(selector))
      return (await client.list(path, { reduce: reducePod, protobuf: podMessage })).items
    },
    patchDaemonSet: async (namespace, name, patch, { dryRun = false } = {}) => {
      const query = `?fieldManager=${FIELD_MANAGER}${dryRun ? '&dryRun=All' : ''}`
      const path = daemonSetPath(namespace, name) + query
      return reduceDaemonSet(await client.send('PATCH', path, patch, 'application/json-patch+json'))
    },
    deletePod: async (namespace, name, uid, { dryRun = false } = {}) => {
      const path = `${podsPath(namespace)}/${encodeURIComponent(name)}`
      const options = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        ...(dryRun && { dryRun: ['All'] }),
      }
      await client.send('DELETE', path, options)
    },
    may: async (verb, resource, namespace, name) => {
      const resourceAttributes = {
        verb,
        group: resource === 'daemonsets' ? 'apps' : '',
        resource,
        namespace,
        ...(name !== undefined && { name }),
      }
      const review = await client.send(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        },
      )
      return verdict(review, verb, resource, namespace)
    },
  }
}

/** All fields of the object as they came, of which those in DaemonSet are checked. */
type WholeDaemonSet = DaemonSet & Readonly<Record<string, unknown>>

async function wholeDaemonSet(
  client: ApiClient,
  path: string,
): Promise<WholeDaemonSet | undefined> {
  let whole: unknown
  try {
    whole = await client.get(path)
  } catch (error) {
    // A 404 of a proxy has no `reason`.
    if (error instanceof RequestError && error.status === 404 && error.reason === 'NotFound')
      return undefined
    throw error
  }
  assertDaemonSet(whole, path)
  return whole
}

function assertDaemonSet(whole: unknown, path: string): asserts whole is WholeDaemonSet {
  try {
    reduceDaemonSet(whole)
  } catch (cause) {
    const problem = `the response is not a DaemonSet: ${errorMessage(cause)}`
    throw new RequestError(`GET ${path}`, problem, { cause })
  }
}

const reviewStatus = object<{
  readonly allowed?: boolean
  readonly reason?: string
  readonly evaluationError?: string
}>({
  allowed: flag,
  reason: text,
  evaluationError: text,
})

function verdict(
  review: unknown,
  verb: Verb,
  resource: string,
  namespace: string,
): { allowed: boolean; reason?: string } {
  const { allowed = false, reason, evaluationError } = reviewStatus(record(review).status) ?? {}
  if (allowed) return { allowed }
  const why = [reason, evaluationError].filter(Boolean).join('; ')
  return {
    allowed,
    reason: `no permission to ${verb} ${resource} in namespace ${namespace}${why ? `: ${why}` : ''}`,
  }
}

function daemonSetPath(namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets/${encodeURIComponent(name)}`
}

function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
}
