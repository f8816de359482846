import type { ApiServer } from '../api-server.ts'
import { type Cluster, KubernetesError, type Verb } from '../cluster.ts'
import type { DaemonSet } from '../objects.ts'
import { flag, object, record, text } from '../project.ts'
import { reduceDaemonSet } from '../snapshot/reduce.ts'
import { readSnapshot } from '../snapshot/snapshot.ts'
import { type Patience, WireError, wireTo } from '../wire.ts'

export interface ClientOptions {
  /** The clock that dates a snapshot. */
  readonly now?: () => Date
  readonly patience?: Patience
}

const PATIENCE: Patience = { page: 30_000, call: 10_000 }
const FIELD_MANAGER = 'daemonset-triage'

/** The cluster behind this API server. Nothing is asked before the first call. */
export function connect(
  target: ApiServer,
  { now = () => new Date(), patience = PATIENCE }: ClientOptions = {},
): Cluster {
  const wire = wireTo(target, patience)
  return {
    snapshot: () => readSnapshot(wire, now),
    daemonSet: async (namespace, name) => {
      try {
        const whole = await wire.get(daemonSetPath(namespace, name))
        return checked(whole)
      } catch (error) {
        if (error instanceof WireError && error.status === 404 && error.reason === 'NotFound')
          return undefined
        throw error
      }
    },
    patchDaemonSet: async (namespace, name, patch, { dryRun = false } = {}) => {
      const query = `?fieldManager=${FIELD_MANAGER}${dryRun ? '&dryRun=All' : ''}`
      return reduceDaemonSet(
        await wire.send(
          'PATCH',
          daemonSetPath(namespace, name) + query,
          patch,
          'application/json-patch+json',
        ),
      )
    },
    deletePod: async (namespace, name, uid, { dryRun = false } = {}) => {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`
      const options = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        ...(dryRun && { dryRun: ['All'] }),
      }
      await wire.send('DELETE', path, options)
    },
    may: async (verb, resource, namespace, name) => {
      const resourceAttributes = {
        verb,
        group: resource === 'daemonsets' ? 'apps' : '',
        resource,
        namespace,
        ...(name !== undefined && { name }),
      }
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      }
      const answer = await wire.send(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        review,
      )
      return verdict(answer, verb, resource, namespace)
    },
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
  answer: unknown,
  verb: Verb,
  resource: string,
  namespace: string,
): { allowed: boolean; reason?: string } {
  const { allowed = false, reason, evaluationError } = reviewStatus(record(answer).status) ?? {}
  if (allowed) return { allowed }
  const why = [reason, evaluationError].filter(Boolean).join('; ')
  return {
    allowed,
    reason: `no right to ${verb} ${resource} in namespace ${namespace}${why ? `: ${why}` : ''}`,
  }
}

function daemonSetPath(namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets/${encodeURIComponent(name)}`
}

/** The object as it came, once what is read of it has the API's types. */
function checked(whole: unknown): DaemonSet & Readonly<Record<string, unknown>> {
  try {
    reduceDaemonSet(whole)
  } catch (error) {
    throw new KubernetesError(
      'the API server answered with something that is no DaemonSet',
      undefined,
      undefined,
      {
        cause: error,
      },
    )
  }
  return whole as DaemonSet & Readonly<Record<string, unknown>>
}
