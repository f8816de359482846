import type { ApiClient } from '../api-client.ts'
import type { RequestError } from '../api-server.ts'
import { KubernetesError } from '../cluster.ts'
import { inNamespace, selectorText, withField, withLabels } from '../list-path.ts'
import type { DaemonSet, Snapshot, Unreadable } from '../objects.ts'
import { object, record, text } from '../projection.ts'
import type { Details, Question } from '../question.ts'
import { type Attempt, attempt, ListReader } from './list-reader.ts'
import {
  EVENTS_OF_DAEMON_SETS,
  EVENTS_OF_NODES,
  LEASES_OF_NODES,
  LEASES_OF_SYSTEM,
  LIST_NAMES,
  LISTS,
} from './lists.ts'

const VERSION = '/version'
const SCHEDULER = '/apis/config.openshift.io/v1/schedulers/cluster'

const schedulerSpec = object<{ readonly defaultNodeSelector?: string }>({
  defaultNodeSelector: text,
})

/** With more parts than this, one list of everything costs less than a request for each of them. */
const MOST_NODES = 500
const MOST_NAMESPACES = 20

/**
 * Reads what the question needs; without one, every list in full. A list that cannot be read is
 * empty and named in `unreadable`, as is one of which a part is missing. Throws KubernetesError,
 * with what to check, if none can be read, and as soon as `signal` is aborted.
 */
export async function readClusterSnapshot(
  client: ApiClient,
  now: () => Date,
  { question, signal }: { readonly question?: Question; readonly signal?: AbortSignal } = {},
): Promise<Snapshot> {
  const lists = new ListReader(client)
  const single = Promise.all([
    attempt(VERSION, async () => text(record(await client.get(VERSION)).gitVersion)),
    attempt(
      SCHEDULER,
      async () =>
        schedulerSpec(record(await client.get(SCHEDULER)).spec)?.defaultNodeSelector ?? '',
    ),
  ])
  const soFar = async (): Promise<Snapshot> => snapshotOf(lists, ...(await single), now)
  if (question) await readWhatIsAsked(lists, question, soFar)
  else await Promise.all(LIST_NAMES.map((name) => lists.read(name)))
  // What was cut short is not unreadable.
  signal?.throwIfAborted()
  return await soFar()
}

/** Who is wrong, then why. */
async function readWhatIsAsked(
  lists: ListReader,
  { daemonSets, details }: Question,
  soFar: () => Promise<Snapshot>,
): Promise<void> {
  const always = [lists.read('nodes'), lists.read('namespaces')]
  await lists.read('daemonSets')
  const asked = daemonSets(lists.items().daemonSets ?? [])
  await Promise.all([
    ...always,
    lists.read(
      'pods',
      asked.flatMap((one) => partOf(one, LISTS.pods.paths)),
    ),
    lists.read(
      'controllerRevisions',
      asked.flatMap((one) => partOf(one, LISTS.controllerRevisions.paths)),
    ),
  ])
  await readDetails(lists, details(await soFar()))
}

/** The part of a list that a DaemonSet selects. */
function partOf({ metadata, spec }: DaemonSet, paths: readonly string[]): readonly string[] {
  const { selector } = spec
  if (selector === null) return []
  return paths.map((path) =>
    withLabels(inNamespace(path, metadata.namespace ?? 'default'), selectorText(selector)),
  )
}

async function readDetails(lists: ListReader, details: Details): Promise<void> {
  const { nodes, eventsIn } = details
  const manyNodes = nodes.length > MOST_NODES
  const [pods = ''] = LISTS.pods.paths
  await Promise.all([
    lists.read(
      'leases',
      manyNodes
        ? LISTS.leases.paths
        : [LEASES_OF_SYSTEM, ...nodes.map((node) => withField(LEASES_OF_NODES, NAME, node))],
    ),
    lists.read('events', [
      ...(nodes.length > 0 ? [inNamespace(EVENTS_OF_NODES, 'default')] : []),
      ...inEach(eventsIn, EVENTS_OF_DAEMON_SETS),
    ]),
    lists.read(
      'pods',
      details.pods.map(({ namespace, labels = '' }) =>
        withLabels(namespace === undefined ? pods : inNamespace(pods, namespace), labels),
      ),
    ),
    lists
      .read('pods', manyNodes ? [pods] : nodes.map((node) => withField(pods, NODE_NAME, node)))
      .then(() => readBudgets(lists, new Set(nodes))),
  ])
}

const NAME = 'metadata.name'
const NODE_NAME = 'spec.nodeName'

/** The PodDisruptionBudgets of the pods on these nodes. */
async function readBudgets(lists: ListReader, nodes: ReadonlySet<string>): Promise<void> {
  const namespaces = (lists.items().pods ?? []).flatMap(({ metadata, spec }) =>
    nodes.has(spec?.nodeName ?? '') ? [metadata.namespace ?? 'default'] : [],
  )
  const { paths } = LISTS.podDisruptionBudgets
  await lists.read('podDisruptionBudgets', inEach([...new Set(namespaces)], paths))
}

/** The lists in each of these namespaces; if they are many, in all of them at once. */
function inEach(namespaces: readonly string[], paths: readonly string[]): readonly string[] {
  if (namespaces.length > MOST_NAMESPACES) return paths
  return namespaces.flatMap((namespace) => paths.map((path) => inNamespace(path, namespace)))
}

function snapshotOf(
  reader: ListReader,
  version: Attempt<string | undefined>,
  scheduler: Attempt<string>,
  now: () => Date,
): Snapshot {
  const failure = reader.failure()
  if (failure) throw nothingRead(failure)
  const lists = reader.items()
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
      ...reader.unreadable(),
      ...unreadableBy('version', version.error),
      // Only OpenShift has this resource. Elsewhere a 403 says nothing, since RBAC is checked
      // first.
      ...(openShift && scheduler.error?.status !== 404
        ? unreadableBy('schedulers.config.openshift.io', scheduler.error)
        : []),
    ],
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
