import type { ManagedFieldsEntry } from '../objects.ts'
import { list, object, type Projection, record, text } from '../project.ts'

/** Parts of a `fieldsV1` tree that are kept: `true` keeps the subtree, `'here'` only that the field is there. */
interface Kept {
  readonly [field: string]: true | 'here' | Kept
}

/** What tells who put a taint, a label, an owner or a placement where it is. */
const KEPT: Kept = {
  'f:metadata': { 'f:labels': true, 'f:ownerReferences': 'here' },
  'f:spec': {
    'f:taints': 'here',
    'f:unschedulable': 'here',
    'f:template': {
      'f:spec': {
        'f:tolerations': 'here',
        'f:nodeSelector': 'here',
        'f:affinity': 'here',
        'f:nodeName': 'here',
      },
    },
  },
}

const entry = object<ManagedFieldsEntry>({
  manager: text,
  operation: text,
  time: text,
  subresource: text,
  fieldsV1: (value) =>
    value === undefined || value === null ? undefined : prune(record(value), KEPT),
})

/** Every manager, in the API's order, with the kept parts of what it owns: even one that owns none of them tells who writes the object. */
export const managers: Projection<readonly ManagedFieldsEntry[]> = list(entry)

/** The managers that own one of the kept parts. Empty, not absent, where the object had others only: the fields were not hidden. */
export const placementManagers: Projection<readonly ManagedFieldsEntry[]> = (value) =>
  managers(value)?.filter((one) => one.fieldsV1 !== undefined)

function prune(
  fields: Readonly<Record<string, unknown>>,
  kept: Kept,
): Record<string, unknown> | undefined {
  const pruned: Record<string, unknown> = {}
  for (const field of Object.keys(kept)) {
    const value = fields[field]
    if (value === undefined || value === null) continue
    const rule = kept[field]
    const part =
      rule === true
        ? value
        : rule === 'here' || rule === undefined
          ? {}
          : prune(record(value), rule)
    if (part !== undefined) pruned[field] = part
  }
  return Object.keys(pruned).length === 0 ? undefined : pruned
}
