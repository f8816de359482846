import type { ObjectMeta } from '../../kubernetes/objects.ts'

/** Who wrote a field last, by the object's managedFields. Of a list that is replaced as a whole (taints) it says nothing about a single entry. */
export interface LastWriter {
  readonly manager: string
  /** RFC 3339. What the field holds now was there at this moment or earlier. */
  readonly time: string | undefined
}

/** The last writer of a field, e.g. `['f:spec', 'f:taints']`; undefined where managedFields are missing or nobody owns the field. */
export function lastWriter(metadata: ObjectMeta, path: readonly string[]): LastWriter | undefined {
  const owners = (metadata.managedFields ?? []).filter(
    (entry) => !entry.subresource && holds(entry.fieldsV1, path),
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
