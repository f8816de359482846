import type { ObjectMeta } from '../../kubernetes/objects.ts'

/**
 * Who last wrote a field, from the object's managedFields. For a list that is replaced as a whole
 * (taints), it says nothing about one entry.
 */
export interface LastWriter {
  readonly manager: string
  /** RFC 3339. The field has had its current value at least since then. */
  readonly time: string | undefined
}

/**
 * The last writer of a field, e.g. `['f:spec', 'f:taints']`; undefined if managedFields are missing
 * or nobody owns the field.
 */
export function lastWriter(metadata: ObjectMeta, path: readonly string[]): LastWriter | undefined {
  return newestEntry(metadata, path, undefined)
}

/** RFC 3339: when a field of the status last changed; undefined if that is unknown. */
export function lastStatusChange(metadata: ObjectMeta, field: string): string | undefined {
  return newestEntry(metadata, ['f:status', field], 'status')?.time
}

function newestEntry(
  { managedFields = [] }: ObjectMeta,
  path: readonly string[],
  subresource: string | undefined,
): LastWriter | undefined {
  const owners = managedFields.filter(
    (entry) => (entry.subresource || undefined) === subresource && holds(entry.fieldsV1, path),
  )
  const newest = owners.reduce<(typeof owners)[number] | undefined>(
    (best, entry) => (best && (best.time ?? '') >= (entry.time ?? '') ? best : entry),
    undefined,
  )
  return newest && { manager: newest.manager ?? 'unknown', time: newest.time }
}

function holds(fields: unknown, path: readonly string[]): boolean {
  let at = fields
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !(step in at)) return false
    at = (at as Readonly<Record<string, unknown>>)[step]
  }
  return true
}
