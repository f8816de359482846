import type { Finding } from './finding.ts'

/**
 * The root of a cause on the node: `T4 ToBeDeletedByClusterAutoscaler`, and `T3 dedicated=gpu` if
 * the value of the taint belongs to it.
 */
export function rootOn(id: string, key: string, value: string | undefined): string {
  return `${id} ${subjectOf(key, value)}`
}

/** A taint's key, with its value if that belongs to the root. */
export function subjectOf(key: string, value: string | undefined): string {
  return value ? `${key}=${value}` : key
}

/** Whether a root is one of this finding's cause and key, whatever the value. A key has no "=". */
export function sharesKey(root: string, { id, key }: Pick<Finding, 'id' | 'key'>): boolean {
  return key !== null && root.split('=')[0] === rootOn(id, key, undefined)
}
