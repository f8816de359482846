import type { Diagnosis, IncidentGroup } from './diagnosis.ts'
import { headlineOf } from './headline.ts'

/**
 * One incident for each root. A DaemonSet belongs to the root of its first finding, so it is in one incident only; one without findings is in none.
 * Incidents come in the order of their first DaemonSet.
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
    headline: headlineOf(members),
  }))
}
