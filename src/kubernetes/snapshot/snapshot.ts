import { errorMessage } from '../../words/error-message.ts'
import { KubernetesError } from '../cluster.ts'
import type { Snapshot, Unreadable } from '../objects.ts'
import { object, record, text } from '../project.ts'
import { type Wire, WireError } from '../wire.ts'
import { LIST_NAMES, LISTS, type ListName, type Lists } from './lists.ts'

interface ListRead<K extends ListName> {
  readonly name: K
  readonly items: readonly Lists[K][]
  readonly failures: readonly WireError[]
  readonly unreadable: readonly Unreadable[]
  /** Nothing of it could be read. */
  readonly failed: boolean
}

/**
 * Reads every list of a Snapshot from the cluster, all at once. One that cannot be read is empty and named in `unreadable`; one that is cut short or
 * lacks a part is named as well. Throws KubernetesError, with what to check, where none could be read.
 */
export async function readSnapshot(wire: Wire, now: () => Date): Promise<Snapshot> {
  const [reads, version, scheduler] = await Promise.all([
    Promise.all(LIST_NAMES.map((name) => readList(wire, name))),
    attempt(VERSION, async () => text(record(await wire.get(VERSION)).gitVersion)),
    attempt(
      SCHEDULER,
      async () => schedulerSpec(record(await wire.get(SCHEDULER)).spec)?.defaultNodeSelector ?? '',
    ),
  ])
  const first = reads.flatMap(({ failures }) => failures)[0]
  if (first !== undefined && reads.every(({ failed }) => failed)) throw nothingRead(first)
  const lists = Object.fromEntries(reads.map(({ name, items }) => [name, items]))
  const openShift = reads.some(
    ({ name, items }) =>
      name === 'namespaces' && items.some(({ metadata }) => metadata.name.startsWith('openshift-')),
  )
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
      ...failure('version', version.error),
      // Elsewhere there is no such resource, and who has no right to it is refused just the same.
      ...(openShift && scheduler.error?.status !== 404
        ? failure('schedulers.config.openshift.io', scheduler.error)
        : []),
    ],
  }
}

const VERSION = '/version'
const SCHEDULER = '/apis/config.openshift.io/v1/schedulers/cluster'

const schedulerSpec = object<{ readonly defaultNodeSelector?: string }>({
  defaultNodeSelector: text,
})

async function readList<K extends ListName>(wire: Wire, name: K): Promise<ListRead<K>> {
  const { paths, pages, reduce, resource } = LISTS[name]
  const parts = await Promise.all(
    paths.map((path) => attempt(path, () => wire.list(path, reduce, pages))),
  )
  const failures = parts.flatMap(({ error }) => error ?? [])
  const reasons = [...new Set(failures.map(({ problem }) => problem))]
  const cut = parts.some(({ value }) => value?.complete === false)
  return {
    name,
    items: parts.flatMap(({ value }) => value?.items ?? []),
    failures,
    failed: failures.length === parts.length,
    unreadable: [
      ...(reasons.length > 0 ? [{ resource, reason: reasons.join('; ') }] : []),
      ...(cut ? [{ resource, reason: 'there were too many; not all were read' }] : []),
    ],
  }
}

interface Attempt<T> {
  readonly value?: T
  readonly error?: WireError
}

async function attempt<T>(path: string, read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() }
  } catch (error) {
    if (error instanceof WireError) return { error }
    const problem = errorMessage(error)
    return {
      error: new WireError(
        `GET ${path}`,
        `not what was expected: ${problem}`,
        undefined,
        undefined,
        { cause: error },
      ),
    }
  }
}

function failure(resource: string, error: WireError | undefined): readonly Unreadable[] {
  return error === undefined ? [] : [{ resource, reason: error.problem }]
}

function nothingRead(first: WireError): KubernetesError {
  return new KubernetesError(
    `nothing could be read from the cluster: ${first.message}. ${advice(first.status)}`,
    first.status,
    first.reason,
    { cause: first },
  )
}

function advice(status: number | undefined): string {
  if (status === undefined)
    return 'Check the address of the API server, the network and proxy between, and that it runs.'
  if (status === 401)
    return 'Check the credentials: the token or certificate is not accepted, or no longer.'
  if (status === 403) return 'Give this account the read-only ClusterRole that deploy/ holds.'
  return 'Check that this is the address of a Kubernetes API server.'
}
