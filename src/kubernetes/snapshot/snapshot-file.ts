import type { FeatureGates, Snapshot, Unreadable } from '../objects.ts'
import { flag, list, object, type Projection, record, required, text } from '../project.ts'
import { type ListedObject, listedObjects, SnapshotError } from './listed-objects.ts'
import { LIST_NAMES, LISTS, type ListName, type Lists } from './lists.ts'
import { newestTime } from './newest-time.ts'

export { SnapshotError } from './listed-objects.ts'

export interface SnapshotFileOptions {
  /** Its name in errors. */
  readonly file: string
  /** RFC 3339; instead of the time that the file tells. */
  readonly now?: string
  /** e.g. `v1.33.2`; instead of what the file tells. */
  readonly serverVersion?: string
  readonly featureGates?: FeatureGates
}

type Collected = { -readonly [K in ListName]?: Map<string, Lists[K]> }

const TAKEN_AT = 'daemonset-triage/taken-at'
const SERVER_VERSION = 'daemonset-triage/server-version'
const FEATURE_GATES = 'daemonset-triage/feature-gates'
const READ_LISTS = 'daemonset-triage/lists'
const UNREADABLE = 'daemonset-triage/unreadable'

const featureGates = object<FeatureGates>({ TaintTolerationComparisonOperators: flag })
const unreadable = list(object<Unreadable>({ resource: required(text), reason: required(text) }))

const HOW_TO_GET =
  'kubectl get daemonsets,nodes,pods,controllerrevisions,namespaces,poddisruptionbudgets,events -A -o yaml --show-managed-fields'
const NOT_IN_FILE = 'not in the snapshot file'

/**
 * The Snapshot that a `v1 List` holds: JSON or YAML, one List or several, as `kubectl get -o yaml`, `-o json` or `daemonset-triage snapshot` print
 * them. Kinds that nothing reads are passed over; an object that comes twice counts once, the last time. A list that is not in the file is undefined
 * if a Snapshot may lack it, else named in `unreadable`: DaemonSets, and pods where a DaemonSet's own status says that there are some.
 * `takenAt` is `now`, else what the file's own annotation says, else the newest time in any of its objects (the true moment is somewhat later), and 1970
 * where there is none. Throws SnapshotError with the file, the place and what is missing; a file without nodes is one.
 */
export function readSnapshotFile(source: string, options: SnapshotFileOptions): Snapshot {
  const { objects, annotations } = listedObjects(source, options.file)
  const lists: Collected = {}
  let defaultNodeSelector: string | undefined
  for (const object of objects) {
    defaultNodeSelector = schedulerSelector(object) ?? defaultNodeSelector
    for (const name of LIST_NAMES) if (isOf(name, object)) collect(lists, name, object)
  }
  const saved = annotations[READ_LISTS]?.split(',')
  if (!lists.nodes && !saved?.includes('nodes'))
    throw new SnapshotError(options.file, '', `lacks nodes: run ${HOW_TO_GET}`)
  const gates =
    options.featureGates ?? savedJson(options.file, FEATURE_GATES, annotations, featureGates)
  const serverVersion = options.serverVersion ?? annotations[SERVER_VERSION]
  return {
    takenAt: takenAt(options, annotations[TAKEN_AT], objects),
    ...(serverVersion !== undefined && { serverVersion }),
    ...present(lists, saved),
    ...(gates !== undefined && { featureGates: gates }),
    ...(defaultNodeSelector !== undefined && { defaultNodeSelector }),
    unreadable:
      saved === undefined
        ? missing(lists)
        : (savedJson(options.file, UNREADABLE, annotations, unreadable) ?? []),
  }
}

/**
 * The Snapshot as a `v1 List` in JSON, one object a line, that `readSnapshotFile` reads back. Only what a Snapshot keeps is in it: no environment,
 * no unknown annotation, no Secret.
 */
export function writeSnapshot(snapshot: Snapshot): string {
  const annotations: Record<string, string> = {
    [TAKEN_AT]: snapshot.takenAt,
    ...(snapshot.serverVersion !== undefined && { [SERVER_VERSION]: snapshot.serverVersion }),
    ...(snapshot.featureGates !== undefined && {
      [FEATURE_GATES]: JSON.stringify(snapshot.featureGates),
    }),
    [READ_LISTS]: LIST_NAMES.filter((name) => snapshot[name] !== undefined).join(','),
    [UNREADABLE]: JSON.stringify(snapshot.unreadable),
  }
  const items = LIST_NAMES.flatMap((name) => itemsOf(name, snapshot))
  if (snapshot.defaultNodeSelector !== undefined)
    items.push(scheduler(snapshot.defaultNodeSelector))
  const head = `{"apiVersion":"v1","kind":"List","metadata":${JSON.stringify({ annotations }, null, 2)},"items":[`
  return `${head}\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]}\n`
}

function isOf(name: ListName, { kind, apiVersion }: ListedObject): boolean {
  return LISTS[name].kind === kind && LISTS[name].accepts(apiVersion)
}

function collect<K extends ListName>(
  lists: { -readonly [L in K]?: Map<string, Lists[L]> },
  name: K,
  object: ListedObject,
): void {
  const known: Map<string, Lists[K]> = lists[name] ?? new Map()
  lists[name] = known
  const reduced = object.read(LISTS[name].reduce)
  if (reduced) known.set(`${reduced.metadata.namespace ?? ''}/${reduced.metadata.name}`, reduced)
}

function present(lists: Collected, saved: readonly string[] | undefined): Pick<Snapshot, ListName> {
  const listed = LIST_NAMES.flatMap((name) => {
    const found = lists[name]
    return found !== undefined || saved?.includes(name)
      ? [[name, [...(found?.values() ?? [])]]]
      : []
  })
  return { daemonSets: [], nodes: [], pods: [], ...Object.fromEntries(listed) }
}

/** What kubectl was not asked for; a cluster without a single pod is believed only where no DaemonSet's status speaks of one. */
function missing(lists: Collected): readonly Unreadable[] {
  const daemonSets = [...(lists.daemonSets?.values() ?? [])]
  const somePods = daemonSets.some(
    ({ status }) => (status?.currentNumberScheduled ?? 0) + (status?.numberMisscheduled ?? 0) > 0,
  )
  return [
    ...(lists.daemonSets ? [] : [{ resource: LISTS.daemonSets.resource, reason: NOT_IN_FILE }]),
    ...(lists.pods || !somePods ? [] : [{ resource: LISTS.pods.resource, reason: NOT_IN_FILE }]),
  ]
}

function savedJson<T>(
  file: string,
  key: string,
  annotations: Readonly<Record<string, string>>,
  projection: Projection<T>,
): T | undefined {
  const saved = annotations[key]
  if (saved === undefined) return undefined
  try {
    return projection(JSON.parse(saved))
  } catch (cause) {
    throw new SnapshotError(
      file,
      `metadata.annotations["${key}"]`,
      'is not what daemonset-triage snapshot writes',
      { cause },
    )
  }
}

function takenAt(
  options: SnapshotFileOptions,
  annotation: string | undefined,
  objects: readonly ListedObject[],
): string {
  const given = options.now ?? annotation
  if (given === undefined)
    return newestTime(objects.map(({ value }) => value)) ?? '1970-01-01T00:00:00Z'
  if (!isTime(given))
    throw new SnapshotError(
      options.file,
      options.now === undefined ? TAKEN_AT : '--now',
      `must be a time such as 2026-11-24T03:12:00Z, not ${given}`,
    )
  return given
}

function isTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  )
}

function schedulerSelector(object: ListedObject): string | undefined {
  if (object.kind !== 'Scheduler' || !object.apiVersion.startsWith('config.openshift.io/'))
    return undefined
  return object.read((value) => {
    const spec = record(value).spec
    return spec === undefined || spec === null ? '' : (text(record(spec).defaultNodeSelector) ?? '')
  })
}

function scheduler(defaultNodeSelector: string): object {
  return {
    apiVersion: 'config.openshift.io/v1',
    kind: 'Scheduler',
    metadata: { name: 'cluster' },
    spec: { defaultNodeSelector },
  }
}

function itemsOf<K extends ListName>(name: K, snapshot: Snapshot): object[] {
  const { apiVersion, kind, reduce } = LISTS[name]
  return (snapshot[name] ?? []).flatMap((object) => {
    const reduced = reduce(object)
    return reduced === undefined ? [] : [{ apiVersion, kind, ...reduced }]
  })
}
