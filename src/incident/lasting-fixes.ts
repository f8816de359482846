import type { Diagnosis } from '../triage/diagnosis.ts'
import type { Explanation } from '../triage/explain.ts'
import type { LastingFix, Observation } from './state.ts'
/** The YAML to copy for an incident; once it is over, what was advised while it was open. */
export function lastingFixes(
  { state, diagnoses, story }: Pick<Observation, 'state' | 'diagnoses' | 'story'>,
  explanation: Explanation | null,
): readonly LastingFix[] {
  return state === 'closed' || state === 'fixed'
    ? (story?.fixes ?? [])
    : lastingFixesOf(diagnoses, explanation)
}

/** The advised YAML: what is recommended, or both answers to an open question. */
export function lastingFixesOf(
  diagnoses: readonly Diagnosis[],
  explanation: Explanation | null,
): readonly LastingFix[] {
  const advised = [...(explanation?.now ?? []), ...(explanation?.forGood ?? [])].map(
    ({ remedy }) => remedy.kind,
  )
  const fixes = new Map<string, LastingFix & { readonly daemonSets: string[] }>()
  for (const { namespace, name, findings, owner } of diagnoses) {
    const remedies = findings
      .flatMap(({ remedies }) => remedies)
      .filter(({ snippet, tempting, kind }) => snippet && !tempting && advised.includes(kind))
    const decided = remedies.filter(({ recommended, answer }) => recommended || answer)
    for (const remedy of decided.length > 0 ? decided : remedies.slice(0, 1)) {
      const { snippet = '', place, answer } = remedy
      const fix = { snippet, where: place ?? [owner.fix], ...(answer && { answer }) }
      const id = JSON.stringify(fix)
      const daemonSet = `${namespace}/${name}`
      const known = fixes.get(id)
      if (!known) fixes.set(id, { ...fix, daemonSets: [daemonSet] })
      else if (!known.daemonSets.includes(daemonSet)) known.daemonSets.push(daemonSet)
    }
  }
  return [...fixes.values()]
}
