import { CAUSES, causeById } from './causes/index.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Finding } from './findings/finding.ts'
import type { Remedy, RemedyKind } from './remedies/remedy.ts'

/**
 * Whether somebody has to get up. `act`: it needs a person. `unclear`: a person has to decide what
 * is right. `no-action`: it ends on its own. `false-alarm`: pods and nodes are as they should be.
 */
export type Urgency = 'act' | 'unclear' | 'no-action' | 'false-alarm'

/** The first word of a headline. */
export const URGENCY_WORDS: Readonly<Record<Urgency, string>> = {
  act: 'Act',
  unclear: 'Unclear',
  'no-action': 'No action',
  'false-alarm': 'False alarm',
}

const MOST_URGENT_FIRST: readonly Urgency[] = ['act', 'unclear', 'no-action', 'false-alarm']

/** How urgent one finding is, from what is recommended to do now. */
export function urgencyOf({ id, variant, isOpen, heldBy, remedies }: Finding): Urgency {
  if (causeById(id)?.isFalseAlarm?.(variant)) return 'false-alarm'
  // Why a pod is held says what to do, even if it is open how the pod got there.
  if (isOpen && heldBy === null) return 'unclear'
  const now = remedies.filter(({ horizon, tempting }) => horizon === 'now' && !tempting)
  const first = now.find(({ recommended }) => recommended)
  if (first && !CAN_WAIT.includes(first.kind)) return 'act'
  if (first?.bridges && remedies.some(isLastingFix)) return 'act'
  // Waiting settles nothing if it loses pods that may belong there: only a person knows that.
  const isAsked =
    now.some(({ answer }) => answer) ||
    remedies.some(({ kind, recommended }) => kind === 'restore-label' && recommended)
  return isAsked ? 'unclear' : 'no-action'
}

function isLastingFix({ horizon, recommended, kind }: Remedy): boolean {
  return horizon === 'for-good' && recommended && kind !== 'none'
}

/** Remedies for which nobody gets up: a wrong count harms no pod. */
const CAN_WAIT: readonly RemedyKind[] = ['wait', 'none', 'recount']

/** A finding with the diagnosis that it belongs to. */
export interface DiagnosedFinding {
  readonly diagnosis: Diagnosis
  readonly finding: Finding
}

/** All findings, the most urgent first, and of equal urgency by precedence of their causes. */
export function byUrgency(diagnoses: readonly Diagnosis[]): readonly DiagnosedFinding[] {
  const rank = ({ finding }: DiagnosedFinding) =>
    MOST_URGENT_FIRST.indexOf(urgencyOf(finding)) * CAUSES.length +
    CAUSES.findIndex(({ id }) => id === finding.id)
  return diagnoses
    .flatMap((diagnosis) => diagnosis.findings.map((finding) => ({ diagnosis, finding })))
    .sort((a, b) => rank(a) - rank(b))
}
