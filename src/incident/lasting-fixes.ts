import type { Explanation } from '../triage/explain.ts'
import type { Answer } from '../triage/remedies/remedy.ts'
import type { Words } from '../words/words.ts'
import type { Observation } from './state.ts'
/** YAML to copy, for the DaemonSets that share it. */
export interface LastingFix {
  /** `namespace/name`. */
  readonly daemonSets: readonly string[]
  readonly snippet: string
  /** A sentence. */
  readonly where: Words
  /** Which answer to "Does it belong on these nodes?" it carries out. */
  readonly answer?: Answer
}

/** The advised YAML: what is recommended, or both answers to an open question. */
export function lastingFixes(
  { diagnoses }: Pick<Observation, 'diagnoses'>,
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
