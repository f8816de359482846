import { CAUSES } from './causes/index.ts'
import type { Diagnosis, Finding } from './finding.ts'
import { code, type Words, words } from './words.ts'

/** One line for an incident, by the first finding of its first DaemonSet. */
export function headlineOf(diagnoses: readonly Diagnosis[]): Words {
  const [first] = diagnoses
  const leading = first?.findings[0]
  if (!first || !leading) return first ? words`Nothing is misscheduled: ${code(first.name)} is fine` : ['Nothing is misscheduled']
  if (leading.variant === 'unreadable')
    return words`Why ${who(diagnoses)} ${diagnoses.length > 1 ? 'are' : 'is'} misscheduled cannot be told: the cluster could not be read`
  const alike = diagnoses.flatMap(({ findings }) => findings.filter((finding) => isAlike(finding, leading)))
  const cause = CAUSES.find(({ id }) => id === leading.id)
  const scene = {
    nodes: [...new Set(alike.flatMap(({ nodes }) => nodes))],
    who: who(diagnoses),
    many: diagnoses.length > 1,
    key: leading.key,
    variant: leading.variant,
    heldBy: leading.heldBy,
  }
  return cause ? cause.headline(scene) : leading.summary
}

function who(diagnoses: readonly Diagnosis[]): Words {
  const [first] = diagnoses
  return diagnoses.length === 1 && first ? [code(first.name)] : [`${diagnoses.length} DaemonSets`]
}

function isAlike(one: Finding, other: Finding): boolean {
  return one.root === other.root && one.variant === other.variant && one.id === other.id
}
