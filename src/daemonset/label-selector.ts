import type { LabelSelector, SelectorRequirement } from '../kubernetes/objects.ts'
import { meetsRequirement, requirementError } from './requirement.ts'

type Labels = Readonly<Record<string, string>>

/**
 * Whether a metav1 LabelSelector (of a DaemonSet, a PodDisruptionBudget) selects these labels.
 * `null` and a selector that cannot be parsed select nothing, an empty one selects everything.
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

/** Whether the selector is `{}`: the DaemonSet controller then refuses to work (event `SelectingAll`). */
export function selectsEverything(selector: LabelSelector | null | undefined): boolean {
  if (!selector) return false
  return (
    Object.keys(selector.matchLabels ?? {}).length === 0 &&
    (selector.matchExpressions ?? []).length === 0
  )
}

/** Reads kubectl's selector syntax (`a=b,c!=d,e in (f,g),h notin (i),j,!k`). An empty text selects everything; undefined: it cannot be read. */
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

/** Whether the labels meet every requirement, as read by `parseLabelSelector`. */
export function meetsRequirements(
  requirements: readonly SelectorRequirement[],
  labels: Labels | undefined,
): boolean {
  return requirements.every((requirement) => meetsRequirement(requirement, labels ?? {}))
}

// metav1 knows no Gt and Lt, other than node affinity.
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
