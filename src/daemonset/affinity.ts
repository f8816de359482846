import type { Node, NodeSelectorTerm, PodSpec, SelectorRequirement } from '../kubernetes/objects.ts'
import { meetsRequirement, requirementError } from './requirement.ts'

/** The required terms of a pod's node affinity; undefined where it has no required part, so that every node matches. */
export function requiredTerms(spec: PodSpec | undefined): readonly NodeSelectorTerm[] | undefined {
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return required ? (required.nodeSelectorTerms ?? []) : undefined
}

/** Why no term matches the node, term by term; undefined where one does. An unparsable or empty term matches nothing and spoils no other. */
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

/** Why a term matches no node whatever its labels are; undefined where it is sound. */
export function termError(term: NodeSelectorTerm): string | undefined {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length + fields.length === 0) return 'an empty term matches no node'
  return firstDefined(expressions, requirementError) ?? firstDefined(fields, fieldError)
}

function termFailure(term: NodeSelectorTerm, node: Node): AffinityTerm | undefined {
  const error = termError(term)
  if (error !== undefined) return { failing: [], error }
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

function fieldError(requirement: SelectorRequirement): string | undefined {
  if (requirement.operator !== 'In' && requirement.operator !== 'NotIn') {
    return `${requirement.operator || 'an empty string'} is not an operator for the field ${requirement.key}`
  }
  return (requirement.values ?? []).length === 1
    ? undefined
    : `the field ${requirement.key} needs exactly one value`
}

function meetsField(requirement: SelectorRequirement, node: Node): boolean {
  const equal = fieldOf(node, requirement.key) === requirement.values?.[0]
  return requirement.operator === 'In' ? equal : !equal
}

function fieldOf(node: Node, key: string): string {
  return key === 'metadata.name' ? node.metadata.name : ''
}

function firstDefined(
  requirements: readonly SelectorRequirement[],
  error: (requirement: SelectorRequirement) => string | undefined,
): string | undefined {
  for (const requirement of requirements) {
    const found = error(requirement)
    if (found !== undefined) return found
  }
  return undefined
}
/** One term of the required node affinity: the requirements that fail in it, or the error that makes it match nothing. */
export interface AffinityTerm {
  readonly failing: readonly (SelectorRequirement & {
    readonly field?: boolean
    readonly actual: string | null
  })[]
  readonly error?: string
}
