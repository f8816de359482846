import type { Remedy, RemedyDraft } from './remedy.ts'

/** A remedy, and the change that was simulated, also if no button makes it. */
export interface Tried extends Pick<RemedyDraft, 'change'> {
  readonly remedy: Remedy
}

/**
 * The remedies of one DaemonSet's findings without contradictions: no change is advised by one and
 * called wrong by another. What is recommended, or answers an open question, is no mistake, nor is
 * waiting that bridges the time. What else only may be right is left out if it is one.
 */
export function consistent(
  findings: readonly (readonly Tried[])[],
): readonly (readonly Remedy[])[] {
  const all = findings.flat()
  const advised = all.filter(
    ({ remedy: { kind, recommended, answer, tempting } }) =>
      recommended || answer || (kind === 'wait' && !tempting),
  )
  const warned = all.filter(
    (one) => one.remedy.tempting && !advised.some((other) => isSameChange(other, one)),
  )
  return findings.map((tried) =>
    tried
      .filter((one) =>
        one.remedy.tempting
          ? warned.includes(one)
          : advised.includes(one) ||
            (!warned.some((other) => isSameChange(one, other)) &&
              !advised.some((other) => isAdvisedAs(other, one))),
      )
      .map(({ remedy }) => remedy),
  )
}

/** Whether the advised one is the very same line: then the other one, a mere choice, adds nothing. */
function isAdvisedAs({ remedy, change }: Tried, other: Tried): boolean {
  return (
    remedy.kind === other.remedy.kind &&
    remedy.horizon === other.remedy.horizon &&
    change !== undefined &&
    JSON.stringify(change) === JSON.stringify(other.change)
  )
}

/** Whether they do the same, wholly or in part. */
function isSameChange(one: Tried, other: Tried): boolean {
  if (one.remedy.kind !== other.remedy.kind) return false
  if (one.remedy.kind === 'wait') return true
  const parts = partsOf(other)
  return partsOf(one).some((part) => parts.includes(part))
}

/** The tolerations that it adds, the pods that it deletes, or the taints that it removes. */
function partsOf({ change }: Tried): readonly string[] {
  switch (change?.kind) {
    case 'tolerate':
      return change.tolerations.map((toleration) => JSON.stringify(toleration))
    case 'delete-pods':
      return change.pods
    case 'remove-taint':
      return change.nodes.map((node) => `${node} ${change.key} ${change.effect}`)
    default:
      return []
  }
}
