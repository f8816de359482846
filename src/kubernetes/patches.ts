import type { DaemonSet, Toleration } from './objects.ts'

type TolerationList = readonly Toleration[] | undefined

const TOLERATIONS = '/spec/template/spec/tolerations'
const RECOUNTED_AT = 'daemonset-triage/recounted-at'

/**
 * Sets the template's whole toleration list; undefined takes it away. The API server refuses it (422) unless the DaemonSet still has the uid
 * and the list that were seen; where none was seen, unless it is still the very object that was read (`resourceVersion`). The list is atomic
 * to the API: a merge patch of one toleration would erase the others. `fresh` is the whole object of a GET.
 */
export function tolerationPatch(
  fresh: DaemonSet,
  seen: { readonly uid: string; readonly tolerations: TolerationList },
  tolerations: TolerationList,
): JsonPatch {
  const present = fresh.spec.template.spec?.tolerations ?? []
  const expected = seen.tolerations ?? []
  const wanted = (tolerations ?? []).map(
    (toleration) => present.find((one) => sameAndSeconds(one, toleration)) ?? toleration,
  )
  return [
    { op: 'test', path: '/metadata/uid', value: seen.uid },
    expected.length === 0 && present.length === 0
      ? {
          op: 'test',
          path: '/metadata/resourceVersion',
          value: fresh.metadata.resourceVersion ?? '',
        }
      : { op: 'test', path: TOLERATIONS, value: sameList(present, expected) ? present : expected },
    ...setList(present, wanted),
  ]
}

/** Takes a toleration patch back, while nobody else has changed the list since. */
export function undoTolerationPatch(
  fresh: DaemonSet,
  done: { readonly uid: string; readonly from: TolerationList; readonly to: TolerationList },
): JsonPatch {
  return tolerationPatch(fresh, { uid: done.uid, tolerations: done.to }, done.from)
}

/** The list with what it lacks at its end. One that differs only in its seconds is there already: the controller does not look at them. */
export function withTolerations(
  present: TolerationList,
  added: readonly Toleration[],
): readonly Toleration[] {
  const list = [...(present ?? [])]
  for (const toleration of added)
    if (!list.some((one) => sameToleration(one, toleration))) list.push(toleration)
  return list
}

/** The same toleration to Kubernetes: key, operator (absent means Equal), value (nothing to Exists) and effect; not the seconds. */
export function sameToleration(one: Toleration, other: Toleration): boolean {
  const operator = one.operator || 'Equal'
  return (
    (one.key ?? '') === (other.key ?? '') &&
    operator === (other.operator || 'Equal') &&
    (operator === 'Exists' || (one.value ?? '') === (other.value ?? '')) &&
    (one.effect ?? '') === (other.effect ?? '')
  )
}

/**
 * Touches the DaemonSet, so that its controller counts again: an annotation on the object, not on the template, restarts nothing.
 * `now` is RFC 3339. Where there are no annotations yet it is refused (422) unless the object is the one that was read.
 */
export function recountPatch(fresh: DaemonSet, now: string): JsonPatch {
  const same = { op: 'test', path: '/metadata/uid', value: fresh.metadata.uid ?? '' } as const
  if (fresh.metadata.annotations)
    return [same, { op: 'add', path: `/metadata/annotations/${pointer(RECOUNTED_AT)}`, value: now }]
  return [
    same,
    { op: 'test', path: '/metadata/resourceVersion', value: fresh.metadata.resourceVersion ?? '' },
    { op: 'add', path: '/metadata/annotations', value: { [RECOUNTED_AT]: now } },
  ]
}

/** When a recount was last asked for, RFC 3339; undefined: never. */
export function recountedAt({ metadata }: DaemonSet): string | undefined {
  return metadata.annotations?.[RECOUNTED_AT]
}

function setList(present: readonly Toleration[], wanted: readonly Toleration[]): JsonPatch {
  if (wanted.length > 0)
    return [{ op: present.length > 0 ? 'replace' : 'add', path: TOLERATIONS, value: wanted }]
  return present.length > 0 ? [{ op: 'remove', path: TOLERATIONS }] : []
}

/** The same list to the API server's eye: order counts, and the seconds do. */
export function sameList(one: readonly Toleration[], other: readonly Toleration[]): boolean {
  return (
    one.length === other.length &&
    one.every((toleration, index) => sameAndSeconds(toleration, other[index] ?? {}))
  )
}

function sameAndSeconds(one: Toleration, other: Toleration): boolean {
  return (
    sameToleration(one, other) &&
    one.value === other.value &&
    one.tolerationSeconds === other.tolerationSeconds
  )
}

/** RFC 6901. */
function pointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
/** RFC 6902. */
export type JsonPatch = readonly {
  readonly op: 'test' | 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}[]
