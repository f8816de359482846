import type { ManagedFieldsEntry, ObjectMeta } from '../../src/kubernetes/objects.ts'

/**
 * A write by one client. `manager` is its name, `paths` are field paths such as `['spec',
 * 'taints']`, cut off at atomic lists.
 */
export interface FieldWrite {
  readonly manager: string
  readonly apiVersion: string
  readonly paths: readonly (readonly string[])[]
  /** RFC 3339. */
  readonly time: string
}

interface FieldSet {
  readonly [field: string]: FieldSet
}

type FullEntry = ManagedFieldsEntry & { readonly apiVersion?: string; readonly fieldsType?: string }

/**
 * Adds an Update to `managedFields`. The written fields now belong to this manager and to no other.
 * An entry has one time, that of its last change, for all of its fields.
 */
export function recordWrite(
  metadata: ObjectMeta,
  { manager, apiVersion, paths, time }: FieldWrite,
): ObjectMeta {
  if (paths.length === 0) return metadata
  const others: FullEntry[] = []
  let own: FieldSet = {}
  for (const entry of metadata.managedFields ?? []) {
    const fields = (entry.fieldsV1 ?? {}) as FieldSet
    if (entry.manager === manager && entry.operation === 'Update' && !entry.subresource)
      own = fields
    else {
      const rest = paths.reduce((left, path) => without(left, path), fields)
      if (Object.keys(rest).length > 0) others.push({ ...entry, fieldsV1: rest })
    }
  }
  const fieldsV1 = paths.reduce((all, path) => withPath(all, path), own)
  const entry: FullEntry = {
    manager,
    operation: 'Update',
    apiVersion,
    time: time.replace(/\.\d+/, ''),
    fieldsType: 'FieldsV1',
    fieldsV1,
  }
  return { ...metadata, managedFields: [...others, entry] }
}

function withPath(fields: FieldSet, [first, ...rest]: readonly string[]): FieldSet {
  if (first === undefined) return fields
  const name = `f:${first}`
  return { ...fields, [name]: withPath(fields[name] ?? {}, rest) }
}

function without(fields: FieldSet, [first, ...rest]: readonly string[]): FieldSet {
  const name = `f:${first}`
  const inner = fields[name]
  if (inner === undefined) return fields
  const { [name]: _, ...others } = fields
  if (rest.length === 0) return others
  const left = without(inner, rest)
  return Object.keys(left).length > 0 ? { ...others, [name]: left } : others
}
