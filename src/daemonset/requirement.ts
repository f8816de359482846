import type { SelectorRequirement } from '../kubernetes/objects.ts'
import { parseInt64 } from './integer.ts'
import { isLabelKey, isLabelValue } from './label-syntax.ts'

type Labels = Readonly<Record<string, string>>

/** Why Kubernetes cannot parse this requirement on a label; undefined where it can. */
export function requirementError(requirement: SelectorRequirement): string | undefined {
  const values = requirement.values ?? []
  const count = values.length
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (count === 0)
        return `${requirement.operator} on ${requirement.key} needs at least one value`
      break
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0) return `${requirement.operator} on ${requirement.key} takes no values`
      break
    case 'Gt':
    case 'Lt':
      if (count !== 1)
        return `${requirement.operator} on ${requirement.key} needs exactly one value`
      if (parseInt64(values[0] ?? '') === undefined)
        return `${requirement.operator} on ${requirement.key} needs an integer`
      break
    default:
      return `${requirement.operator || 'an empty string'} is not an operator`
  }
  if (!isLabelKey(requirement.key))
    return `${requirement.key || 'an empty string'} is not a label key`
  const bad = values.find((value) => !isLabelValue(value))
  return bad === undefined ? undefined : `${bad} is not a label value`
}

/** Whether the labels meet a requirement that has no `requirementError`. `NotIn` is met by an absent label. */
export function meetsRequirement(requirement: SelectorRequirement, labels: Labels): boolean {
  const actual = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  const values = requirement.values ?? []
  switch (requirement.operator) {
    case 'In':
      return actual !== undefined && values.includes(actual)
    case 'NotIn':
      return actual === undefined || !values.includes(actual)
    case 'Exists':
      return actual !== undefined
    case 'DoesNotExist':
      return actual === undefined
    case 'Gt':
    case 'Lt':
      return actual !== undefined && compares(requirement.operator, actual, values[0] ?? '')
    default:
      return false
  }
}

function compares(operator: 'Gt' | 'Lt', actual: string, bound: string): boolean {
  const left = parseInt64(actual)
  const right = parseInt64(bound)
  if (left === undefined || right === undefined) return false
  return operator === 'Gt' ? left > right : left < right
}
