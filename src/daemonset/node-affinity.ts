import type { Node, NodeSelectorTerm, PodSpec, SelectorRequirement } from '../kubernetes/objects.ts'
import { meetsRequirement, requirementError } from './label-selector.ts'

/**
 * A term of the required node affinity: the requirements that fail, or the error because of which
 * it matches no node.
 */
export interface AffinityTerm {
  readonly failing: readonly (SelectorRequirement & {
    readonly field?: boolean
    readonly actual: string | null
  })[]
  readonly error?: string
  /** The requirement with that error; undefined for an empty term. */
  readonly invalid?: SelectorRequirement
}

/**
 * The required terms of a pod's node affinity; undefined without a required part, which matches
 * every node.
 */
export function requiredTerms(spec: PodSpec | undefined): readonly NodeSelectorTerm[] | undefined {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required ? (required.nodeSelectorTerms ?? []) : undefined
}

/**
 * Why no term matches the node, term by term; undefined if one matches.
 * An invalid or empty term matches no node and does not affect the others.
 */
export function failingTerms(
  terms: readonly NodeSelectorTerm[],
  node: Node,
): readonly AffinityTerm[] | undefined {
  const failures: AffinityTerm[] = []
  for (const term of terms) {
    const failure = termFailure(term, node)
    if (!failure) return undefined
    failures.push(failure)
  }
  return failures
}

function termFailure(term: NodeSelectorTerm, node: Node): AffinityTerm | undefined {
  const error = termError(term)
  if (error) return { failing: [], ...error }
  const labels = node.metadata.labels ?? {}
  const expressions = (term.matchExpressions ?? [])
    .filter((requirement) => !meetsRequirement(requirement, labels))
    .map((requirement) => ({ ...requirement, actual: labels[requirement.key] ?? null }))
  const fields = (term.matchFields ?? [])
    .filter((requirement) => !meetsField(requirement, node))
    .map((requirement) => ({
      ...requirement,
      field: true,
      actual: fieldOf(node, requirement.key) || null,
    }))
  const failing = [...expressions, ...fields]
  return failing.length > 0 ? { failing } : undefined
}

/** Why a term matches no node whatever its labels; undefined if the term is valid. */
function termError(
  term: NodeSelectorTerm,
): (Required<Pick<AffinityTerm, 'error'>> & Pick<AffinityTerm, 'invalid'>) | undefined {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length + fields.length === 0) return { error: 'an empty term matches no node' }
  return firstInvalid(expressions, requirementError) ?? firstInvalid(fields, fieldError)
}

function fieldError({ key, operator, values = [] }: SelectorRequirement): string | undefined {
  if (operator !== 'In' && operator !== 'NotIn')
    return `${operator || 'an empty string'} is not an operator for the field ${key}`
  return values.length === 1 ? undefined : `the field ${key} needs exactly one value`
}

function meetsField(requirement: SelectorRequirement, node: Node): boolean {
  const equal = fieldOf(node, requirement.key) === requirement.values?.[0]
  return requirement.operator === 'In' ? equal : !equal
}

function fieldOf(node: Node, key: string): string {
  return key === 'metadata.name' ? node.metadata.name : ''
}

function firstInvalid(
  requirements: readonly SelectorRequirement[],
  errorOf: (requirement: SelectorRequirement) => string | undefined,
) {
  for (const invalid of requirements) {
    const error = errorOf(invalid)
    if (error !== undefined) return { error, invalid }
  }
  return undefined
}
