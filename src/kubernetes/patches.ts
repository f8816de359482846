import type { DaemonSet, Toleration } from './objects.ts'

/** JSON Patch, RFC 6902. */
export type JsonPatch = readonly {
  readonly op: 'test' | 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}[]

type TolerationList = readonly Toleration[] | undefined

const TOLERATIONS = '/spec/template/spec/tolerations'
const RECOUNTED_AT = 'daemonset-triage/recounted-at'

/**
 * Sets the template's whole toleration list; undefined removes it. `fresh` is the whole object of a
 * GET, `expected` what a person agreed to change. The API server refuses the patch (422) unless the
 * DaemonSet still has that uid and list or, if there was no list, still is the object in `fresh`
 * (`resourceVersion`). The list is atomic to the API: a merge patch with one toleration would
 * delete the others.
 */
export function tolerationPatch(
  fresh: DaemonSet,
  expected: { readonly uid: string; readonly tolerations: TolerationList },
  tolerations: TolerationList,
): JsonPatch {
  const present = fresh.spec.template.spec?.tolerations ?? []
  const before = expected.tolerations ?? []
  const wanted = (tolerations ?? []).map(
    (toleration) => present.find((one) => identical(one, toleration)) ?? toleration,
  )
  return [
    { op: 'test', path: '/metadata/uid', value: expected.uid },
    before.length === 0 && present.length === 0
      ? {
          op: 'test',
          path: '/metadata/resourceVersion',
          value: fresh.metadata.resourceVersion ?? '',
        }
      : { op: 'test', path: TOLERATIONS, value: sameList(present, before) ? present : before },
    ...replaceList(present, wanted),
  ]
}

/** Undoes a toleration patch. Refused (422) if anybody has changed the list since. */
export function undoTolerationPatch(
  fresh: DaemonSet,
  done: { readonly uid: string; readonly from: TolerationList; readonly to: TolerationList },
): JsonPatch {
  return tolerationPatch(fresh, { uid: done.uid, tolerations: done.to }, done.from)
}

/**
 * Appends what is missing. Seconds are not compared, since the controller does not look at them.
 */
export function withTolerations(
  present: TolerationList,
  added: readonly Toleration[],
): readonly Toleration[] {
  const list = [...(present ?? [])]
  for (const toleration of added)
    if (!list.some((one) => sameToleration(one, toleration))) list.push(toleration)
  return list
}

/**
 * Whether both tolerate the same taints: by key, operator (absent means Equal), value (ignored by
 * Exists) and effect. Not by seconds.
 */
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
 * Sets an annotation on the DaemonSet, which makes its controller count again. It is not on the
 * template, so no pod restarts. `now` is RFC 3339. If there are no annotations yet, the patch is
 * refused (422) unless the object is still the one in `fresh`.
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

/** When a recount was last requested, RFC 3339; undefined: never. */
export function recountedAt({ metadata }: DaemonSet): string | undefined {
  return metadata.annotations?.[RECOUNTED_AT]
}

function replaceList(present: readonly Toleration[], wanted: readonly Toleration[]): JsonPatch {
  if (wanted.length > 0)
    return [{ op: present.length > 0 ? 'replace' : 'add', path: TOLERATIONS, value: wanted }]
  return present.length > 0 ? [{ op: 'remove', path: TOLERATIONS }] : []
}

/** Whether the API server's `test` finds the lists equal: in order, and by seconds too. */
export function sameList(one: readonly Toleration[], other: readonly Toleration[]): boolean {
  return (
    one.length === other.length &&
    one.every((toleration, index) => identical(toleration, other[index] ?? {}))
  )
}

function identical(one: Toleration, other: Toleration): boolean {
  return (
    sameToleration(one, other) &&
    one.value === other.value &&
    one.tolerationSeconds === other.tolerationSeconds
  )
}

/** Escaped for a JSON Pointer, RFC 6901. */
function pointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
