import { expect, it } from 'vitest'
import type { DaemonSet, ObjectMeta } from '../src/kubernetes/objects.ts'
import { type Owner, ownerOf, undoesPatches } from '../src/ownership/ownership.ts'

/** One kind of owner, as its tool marks a DaemonSet, and what a person has to be told. */
export interface Row extends Pick<Owner, 'kind' | 'onPatch'> {
  readonly when: string
  readonly metadata: Partial<ObjectMeta>
  readonly name?: string
  /** Whether Patch is not worth offering. */
  readonly undone: boolean
  readonly revert: RegExp
  readonly fix: RegExp
}

/** managedFields of these field managers. */
export const by = (...managers: readonly string[]) => ({
  managedFields: managers.map((manager) => ({ manager, operation: 'Update' })),
})
/** Metadata with these labels. */
export const labeled = (labels: Readonly<Record<string, string>>) => ({ labels })
/** Metadata with these annotations. */
export const annotated = (annotations: Readonly<Record<string, string>>) => ({ annotations })
/** Metadata with one ownerReference. */
export const owned = (apiVersion: string, kind: string, name: string, controller = true) => ({
  ownerReferences: [{ apiVersion, kind, name, controller }],
})
/** Metadata of an object of a Helm release, in its namespace. */
export const released = (
  release: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Partial<ObjectMeta> => ({
  namespace,
  labels: { 'app.kubernetes.io/managed-by': 'Helm', ...labels },
  annotations: {
    'meta.helm.sh/release-name': release,
    'meta.helm.sh/release-namespace': namespace,
  },
})

/** A test for each row. */
export function proveRows(rows: readonly Row[]): void {
  it.each(rows.map((row) => [`${row.kind} (${row.onPatch}) if ${row.when}`, row] as const))(
    'the owner is %s',
    (_, { metadata, kind, name, onPatch, undone, revert, fix }) => {
      const daemonSet: DaemonSet = {
        metadata: { name: 'agent', namespace: 'agents', managedFields: [], ...metadata },
        spec: { selector: {}, template: { spec: {} } },
      }
      const owner = ownerOf(daemonSet)
      expect({ kind: owner.kind, name: owner.name, onPatch: owner.onPatch }).toEqual({
        kind,
        name,
        onPatch,
      })
      expect(undoesPatches(owner)).toBe(undone)
      expect(owner.revert).toMatch(revert)
      expect(owner.fix).toMatch(fix)
    },
  )
}
