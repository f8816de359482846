import type { Diagnosis } from '../triage/diagnosis.ts'
import { explain } from '../triage/explain.ts'
import type { Resolution } from '../triage/resolution.ts'
import { byUrgency } from '../triage/urgency.ts'
import { joined } from '../words/words.ts'
import { lastingFixesOf } from './lasting-fixes.ts'
import { countHolds, type Observation, type Story } from './state.ts'

/**
 * The story of an incident after one more observation. `resolutionOf` says what ended it, from the last
 * diagnoses that showed it. undefined: nothing was ever misscheduled.
 */
export function storyAfter(
  { state, diagnoses }: Pick<Observation, 'state' | 'diagnoses'>,
  last: Pick<Observation, 'diagnoses' | 'story'> | undefined,
  resolutionOf: (before: readonly Diagnosis[]) => Resolution | undefined,
): Story | undefined {
  const known = last?.story
  if (state === 'unreadable') return known
  if (diagnoses.some(countHolds)) {
    const now = storyNow(diagnoses)
    const isSmaller = known?.cause === now.cause && known.nodes > now.nodes
    return isSmaller ? { ...now, nodes: known.nodes, past: known.past } : now
  }
  const before = last?.diagnoses.filter(countHolds) ?? []
  const ended = known && before.length > 0 ? resolutionOf(before) : undefined
  return known && ended ? { ...known, ended } : known
}

function storyNow(diagnoses: readonly Diagnosis[]): Story {
  const explanation = explain(diagnoses)
  const lasting = explanation.forGood.find(({ remedy }) => remedy.recommended)
  const nodes = diagnoses.flatMap((one) => one.nodes.filter(({ misscheduled }) => misscheduled))
  const todo =
    lasting && lasting.remedy.kind !== 'none'
      ? joined([[...lasting.title, '.'], lasting.where ?? []])
      : undefined
  return {
    cause: byUrgency(diagnoses)[0]?.finding.id ?? '',
    nodes: new Set(nodes.map(({ name }) => name)).size,
    past: explanation.past,
    daemonSets: diagnoses.filter(countHolds).map(({ namespace, name }) => `${namespace}/${name}`),
    ...(todo && { todo }),
    ...(lasting?.where && { todoAfterPatch: lasting.where }),
    fixes: lastingFixesOf(diagnoses, explanation),
  }
}
