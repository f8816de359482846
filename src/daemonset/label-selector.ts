import type { LabelSelector, SelectorRequirement } from '../kubernetes/objects.ts'

type Labels = Readonly<Record<string, string>>

/**
 * Whether a metav1 LabelSelector (of a DaemonSet, a PodDisruptionBudget) selects these labels.
 * `null` and an invalid selector select nothing; an empty one selects everything.
 */
export function matchesLabelSelector(
  selector: LabelSelector | null | undefined,
  labels: Labels | undefined,
): boolean {
  if (!selector) return false
  const actual = labels ?? {}
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (!Object.hasOwn(actual, key) || actual[key] !== value) return false
  }
  return (selector.matchExpressions ?? []).every(
    (requirement) =>
      isLabelSelectorRequirement(requirement) && meetsRequirement(requirement, actual),
  )
}

/**
 * Whether the selector is `{}`. The controller then does nothing but emit the event `SelectingAll`.
 */
export function selectsEverything(selector: LabelSelector | null | undefined): boolean {
  if (!selector) return false
  return (
    Object.keys(selector.matchLabels ?? {}).length === 0 &&
    (selector.matchExpressions ?? []).length === 0
  )
}

/**
 * Parses kubectl's selector syntax (`a=b,c!=d,e in (f,g),h notin (i),j,!k`).
 * An empty text selects everything; undefined for a syntax error.
 */
export function parseLabelSelector(text: string): readonly SelectorRequirement[] | undefined {
  const requirements: SelectorRequirement[] = []
  if (text.trim() === '') return requirements
  for (const part of splitOutsideParentheses(text)) {
    const requirement = parseRequirement(part.trim())
    if (!requirement || requirementError(requirement)) return undefined
    requirements.push(requirement)
  }
  return requirements
}

/** Whether the labels meet every requirement returned by `parseLabelSelector`. */
export function meetsRequirements(
  requirements: readonly SelectorRequirement[],
  labels: Labels | undefined,
): boolean {
  return requirements.every((requirement) => meetsRequirement(requirement, labels ?? {}))
}

/** Why Kubernetes rejects this requirement on a label; undefined if it is valid. */
export function requirementError({
  key,
  operator,
  values = [],
}: SelectorRequirement): string | undefined {
  const error = operatorError(key, operator, values)
  if (error !== undefined) return error
  if (!isLabelKey(key)) return `${key || 'an empty string'} is not a label key`
  const invalid = values.find((value) => !isLabelValue(value))
  return invalid === undefined ? undefined : `${JSON.stringify(invalid)} is not a label value`
}

/**
 * Whether the labels meet a requirement without a `requirementError`. A missing label meets
 * `NotIn`.
 */
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

/**
 * Whether the API accepts this label key: `[dns-prefix/]name`, name up to 63 characters, prefix up
 * to 253.
 */
export function isLabelKey(key: string): boolean {
  const parts = key.split('/')
  if (parts.length > 2) return false
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  if (prefix !== undefined && (prefix.length > 253 || !SUBDOMAIN.test(prefix))) return false
  return name.length <= 63 && NAME.test(name)
}

/** Whether the API accepts this label value: up to 63 characters, may be empty. */
export function isLabelValue(value: string): boolean {
  return value === '' || (value.length <= 63 && NAME.test(value))
}

/**
 * Parses like Go's `strconv.ParseInt(text, 10, 64)`: optional sign, leading zeros allowed;
 * undefined for an error.
 */
function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const value = BigInt(text.replace(/^\+/, ''))
  return BigInt.asIntN(64, value) === value ? value : undefined
}

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

function operatorError(
  key: string,
  operator: string,
  values: readonly string[],
): string | undefined {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length === 0 ? `${operator} on ${key} needs at least one value` : undefined
    case 'Exists':
    case 'DoesNotExist':
      return values.length > 0 ? `${operator} on ${key} takes no values` : undefined
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) return `${operator} on ${key} needs exactly one value`
      return parseInt64(values[0] ?? '') === undefined
        ? `${operator} on ${key} needs an integer`
        : undefined
    default:
      return `${operator || 'an empty string'} is not an operator`
  }
}

function compares(operator: 'Gt' | 'Lt', actual: string, bound: string): boolean {
  const left = parseInt64(actual)
  const right = parseInt64(bound)
  if (left === undefined || right === undefined) return false
  return operator === 'Gt' ? left > right : left < right
}

// Node affinity has Gt and Lt, a metav1 LabelSelector does not.
function isLabelSelectorRequirement(requirement: SelectorRequirement): boolean {
  return (
    requirement.operator !== 'Gt' &&
    requirement.operator !== 'Lt' &&
    requirementError(requirement) === undefined
  )
}

function splitOutsideParentheses(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/)
}

function parseRequirement(text: string): SelectorRequirement | undefined {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(text)
  if (set) {
    const [, key = '', operator, list = ''] = set
    return {
      key,
      operator: operator === 'in' ? 'In' : 'NotIn',
      values: list.split(',').map((value) => value.trim()),
    }
  }
  const compared = /^([^\s=!<>]+)\s*(==|=|!=|>|<)\s*([^\s=!<>]*)$/.exec(text)
  if (compared) {
    const [, key = '', operator = '=', value = ''] = compared
    return { key, operator: COMPARISONS[operator] ?? 'In', values: [value] }
  }
  const exists = /^(!?)\s*([^\s=!<>(),]+)$/.exec(text)
  if (!exists) return undefined
  return { key: exists[2] ?? '', operator: exists[1] ? 'DoesNotExist' : 'Exists' }
}

const COMPARISONS: Readonly<Record<string, string>> = {
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
}
