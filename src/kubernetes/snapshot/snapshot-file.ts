import type { FeatureGates, Snapshot, Unreadable } from '../objects.ts'
import { flag, list, object, type Projection, record, required, text } from '../projection.ts'
import { type ListedObject, listedObjects, SnapshotError } from './listed-objects.ts'
import { LIST_NAMES, LISTS, type ListItems, type ListName } from './lists.ts'

export { SnapshotError } from './listed-objects.ts'

/** What to read a snapshot file with. Values given here take precedence over those in the file. */
export interface SnapshotFileOptions {
  /** File name, for errors. */
  readonly file: string
  /** RFC 3339. */
  readonly now?: string
  /** `v1.33.2`. */
  readonly serverVersion?: string
  readonly featureGates?: FeatureGates
}

/** Objects by namespace and name. */
type Collected = { -readonly [K in ListName]?: Map<string, ListItems[K]> }

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
 * Reads a Snapshot from one or several `v1 List`s in JSON or YAML, as printed by `kubectl get` or
 * `daemonset-triage snapshot`. Kinds that nothing reads are skipped; of two objects with the same
 * name the last counts.
 *
 * A list that is not in the file is undefined if a Snapshot may lack it. Otherwise it is empty and
 * named in `unreadable`: DaemonSets always, pods only if a DaemonSet's status counts some.
 *
 * `takenAt` is `options.now`, or what the file says, or the newest time in its objects (the
 * snapshot was taken at that moment or later), or 1970.
 *
 * Throws SnapshotError with the file and the place, also if there are no nodes.
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
    throw new SnapshotError(options.file, '', `has no nodes. Create it with ${HOW_TO_GET}`)
  const gates =
    options.featureGates ?? savedJson(options.file, FEATURE_GATES, annotations, featureGates)
  const serverVersion = options.serverVersion ?? annotations[SERVER_VERSION]
  return {
    takenAt: takenAt(options, annotations[TAKEN_AT], objects),
    ...(serverVersion !== undefined && { serverVersion }),
    ...itemsByList(lists, saved ?? []),
    ...(gates !== undefined && { featureGates: gates }),
    ...(defaultNodeSelector !== undefined && { defaultNodeSelector }),
    unreadable:
      saved === undefined
        ? missing(lists)
        : (savedJson(options.file, UNREADABLE, annotations, unreadable) ?? []),
  }
}

/**
 * Writes a Snapshot as a `v1 List` in JSON, one object a line, for `readSnapshotFile`. It contains
 * what a Snapshot keeps and nothing else: no environment, no unknown annotation, no Secret.
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
  const items = LIST_NAMES.flatMap((name) => savedItems(name, snapshot))
  if (snapshot.defaultNodeSelector !== undefined)
    items.push(scheduler(snapshot.defaultNodeSelector))
  const head = `{"apiVersion":"v1","kind":"List","metadata":${JSON.stringify({ annotations }, null, 2)},"items":[`
  return `${head}\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]}\n`
}

function isOf(name: ListName, { kind, apiVersion }: ListedObject): boolean {
  return LISTS[name].kind === kind && LISTS[name].accepts(apiVersion)
}

function collect<K extends ListName>(
  lists: { -readonly [L in K]?: Map<string, ListItems[L]> },
  name: K,
  object: ListedObject,
): void {
  const known: Map<string, ListItems[K]> = lists[name] ?? new Map()
  lists[name] = known
  const reduced = object.read(LISTS[name].reduce)
  if (reduced) known.set(`${reduced.metadata.namespace ?? ''}/${reduced.metadata.name}`, reduced)
}

/** The lists that are in the file, and those that were empty when it was saved. */
function itemsByList(lists: Collected, saved: readonly string[]): Pick<Snapshot, ListName> {
  const items: { -readonly [K in ListName]?: readonly ListItems[K][] } = {}
  const add = <K extends ListName>(name: K, found: Map<string, ListItems[K]> | undefined): void => {
    const byName: { [L in K]?: readonly ListItems[L][] } = items
    if (found !== undefined || saved.includes(name)) byName[name] = [...(found?.values() ?? [])]
  }
  for (const name of LIST_NAMES) add(name, lists[name])
  return { daemonSets: [], nodes: [], pods: [], ...items }
}

/**
 * The lists that kubectl was not asked for. No pods at all are plausible if no status counts one.
 */
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
      'cannot be read. Save the file again with daemonset-triage snapshot',
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

/** Fields whose time is never later than the moment at which the object was read. */
const PAST_TIMES = new Set([
  'creationTimestamp',
  'eventTime',
  'firstTimestamp',
  'lastHeartbeatTime',
  'lastObservedTime',
  'lastTransitionTime',
  'lastTimestamp',
  'renewTime',
  'startTime',
  'startedAt',
  'time',
  'timeAdded',
])

/** The newest past time in these objects, as written. A deletionTimestamp may lie in the future. */
function newestTime(values: readonly unknown[]): string | undefined {
  let newest: { readonly written: string; readonly atMs: number } | undefined
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, field] of Object.entries(value)) {
      if (typeof field === 'object') visit(field)
      else if (typeof field === 'string' && PAST_TIMES.has(key)) {
        const atMs = Date.parse(field)
        if (newest === undefined ? !Number.isNaN(atMs) : atMs > newest.atMs)
          newest = { written: field, atMs }
      }
    }
  }
  for (const value of values) visit(value)
  return newest?.written
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

/** Reduced once more: a Snapshot from elsewhere may hold whole objects, with their secrets. */
function savedItems<K extends ListName>(name: K, snapshot: Snapshot): object[] {
  const { apiVersion, kind, reduce } = LISTS[name]
  return (snapshot[name] ?? []).flatMap((object) => {
    const reduced = reduce(object)
    return reduced === undefined ? [] : [{ apiVersion, kind, ...reduced }]
  })
}
