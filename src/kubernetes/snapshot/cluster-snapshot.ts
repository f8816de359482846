import { errorMessage } from '../../words/error-message.ts'
import type { ApiClient } from '../api-client.ts'
import { RequestError } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import type { Snapshot, Unreadable } from '../objects.ts'
import { object, record, text } from '../projection.ts'
import { LIST_NAMES, LISTS, type ListItems, type ListName } from './lists.ts'

/** The lists that were read so far. */
type Lists<K extends ListName = ListName> = { [L in K]?: readonly ListItems[L][] }

interface ListRead {
  readonly failures: readonly RequestError[]
  readonly unreadable: readonly Unreadable[]
  /** Nothing of it could be read. */
  readonly failed: boolean
}

const VERSION = '/version'
const SCHEDULER = '/apis/config.openshift.io/v1/schedulers/cluster'

const schedulerSpec = object<{ readonly defaultNodeSelector?: string }>({
  defaultNodeSelector: text,
})

/**
 * Reads every list of a Snapshot, all in parallel. One that cannot be read is empty and named in
 * `unreadable`, as is one of which a part is missing. Throws KubernetesError, with what to check,
 * if none can be read.
 */
export async function readClusterSnapshot(client: ApiClient, now: () => Date): Promise<Snapshot> {
  const lists: Lists = {}
  const [reads, version, scheduler] = await Promise.all([
    Promise.all(LIST_NAMES.map((name) => readList(client, name, lists))),
    attempt(VERSION, async () => text(record(await client.get(VERSION)).gitVersion)),
    attempt(
      SCHEDULER,
      async () =>
        schedulerSpec(record(await client.get(SCHEDULER)).spec)?.defaultNodeSelector ?? '',
    ),
  ])
  const first = reads.flatMap(({ failures }) => failures)[0]
  if (first !== undefined && reads.every(({ failed }) => failed)) throw nothingRead(first)
  const openShift = lists.namespaces?.some(({ metadata }) => metadata.name.startsWith('openshift-'))
  return {
    daemonSets: [],
    nodes: [],
    pods: [],
    ...lists,
    takenAt: now().toISOString(),
    ...(version.value !== undefined && { serverVersion: version.value }),
    ...(scheduler.value !== undefined && { defaultNodeSelector: scheduler.value }),
    unreadable: [
      ...reads.flatMap(({ unreadable }) => unreadable),
      ...unreadableBy('version', version.error),
      // Only OpenShift has this resource. Elsewhere a 403 says nothing, since RBAC is checked
      // first.
      ...(openShift && scheduler.error?.status !== 404
        ? unreadableBy('schedulers.config.openshift.io', scheduler.error)
        : []),
    ],
  }
}

/** Puts what could be read into `lists`. */
async function readList<K extends ListName>(
  client: ApiClient,
  name: K,
  lists: Lists<K>,
): Promise<ListRead> {
  const { paths, pages, resource } = LISTS[name]
  const parts = await Promise.all(
    paths.map((path) => attempt(path, () => client.list(path, LISTS[name]))),
  )
  const failures = parts.flatMap(({ error }) => error ?? [])
  const reasons = [...new Set(failures.map(({ problem }) => problem))]
  const cutOff = parts.some(({ value }) => value?.complete === false)
  lists[name] = parts.flatMap(({ value }) => value?.items ?? [])
  return {
    failures,
    failed: failures.length === parts.length,
    unreadable: [
      ...(reasons.length > 0 ? [{ resource, reason: reasons.join('; ') }] : []),
      ...(cutOff
        ? [{ resource, reason: `too many; only the first ${pages} pages were read` }]
        : []),
    ],
  }
}

interface Attempt<T> {
  readonly value?: T
  readonly error?: RequestError
}

async function attempt<T>(path: string, read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() }
  } catch (cause) {
    if (cause instanceof RequestError) return { error: cause }
    const problem = `unexpected response: ${errorMessage(cause)}`
    return { error: new RequestError(`GET ${path}`, problem, { cause }) }
  }
}

function unreadableBy(resource: string, error: RequestError | undefined): readonly Unreadable[] {
  return error === undefined ? [] : [{ resource, reason: error.problem }]
}

function nothingRead(first: RequestError): KubernetesError {
  return new KubernetesError(
    `nothing could be read from the cluster: ${first.message}. ${advice(first.status)}`,
    first.status,
    first.reason,
    { cause: first },
  )
}

function advice(status: number | undefined): string {
  if (status === undefined)
    return "Check the API server's URL, the network, and the proxy settings (HTTPS_PROXY, NO_PROXY)."
  if (status === 401) return 'Check the token or certificate: it is not accepted, or has expired.'
  if (status === 403)
    return 'Give this account the read-only ClusterRole of deploy/kubernetes/bot.yaml.'
  return 'Check that this is the URL of a Kubernetes API server.'
}
