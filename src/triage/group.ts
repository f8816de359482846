import type { Words } from '../words/words.ts'
import type { Diagnosis } from './diagnosis.ts'
import { headlineOf } from './headline.ts'

/** DaemonSets with one root cause. */
export interface IncidentGroup {
  /** `Finding.root`. */
  readonly root: string
  /** `namespace/name`. */
  readonly daemonSets: readonly string[]
  readonly nodes: readonly string[]
  readonly headline: Words
}

/**
 * One incident per root, in the order of their first DaemonSets. A DaemonSet belongs to the root of
 * its first finding only; one without findings belongs to no incident.
 */
export function group(diagnoses: readonly Diagnosis[]): readonly IncidentGroup[] {
  const groups = new Map<string, Diagnosis[]>()
  for (const diagnosis of diagnoses) {
    const root = diagnosis.findings[0]?.root
    if (root === undefined) continue
    const members = groups.get(root)
    if (members) members.push(diagnosis)
    else groups.set(root, [diagnosis])
  }
  return [...groups].map(([root, members]) => ({
    root,
    daemonSets: members.map(({ namespace, name }) => `${namespace}/${name}`),
    nodes: [...new Set(members.flatMap(({ findings }) => findings.flatMap(({ nodes }) => nodes)))],
    headline: headlineOf(members).now,
  }))
}
