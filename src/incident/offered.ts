import type { ActionName } from '../config/config.ts'
import type { Change } from '../daemonset/change.ts'
import type { Toleration } from '../kubernetes/objects.ts'
import { undoesPatches } from '../ownership/ownership.ts'
import type { Advice } from '../triage/advice.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import type { Explanation } from '../triage/explain.ts'
import type { Remedy } from '../triage/remedies/remedy.ts'

/** A change of one DaemonSet that a button may make: exactly what was simulated. */
export interface OfferedChange {
  readonly action: Exclude<ActionName, 'silence'>
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly remedy: Remedy
  readonly change: Change
}

const actionOf: Partial<Record<Remedy['kind'], OfferedChange['action']>> = {
  tolerate: 'patch',
  'delete-pod': 'delete',
  recount: 'recount',
}

/**
 * What may be pressed, from what is advised: a tempting answer that the explanation warns of is never among them, nor a patch that its
 * owner would undo by itself.
 */
export function offeredChanges(
  explanation: Explanation,
  diagnoses: readonly Diagnosis[],
): OfferedChange[] {
  const advised = [...explanation.now, ...explanation.forGood]
  return diagnoses.flatMap((diagnosis) => {
    if (diagnosis.uid === undefined) return []
    const { namespace, name, uid } = diagnosis
    return (['patch', 'delete', 'recount'] as const).flatMap((action): OfferedChange[] => {
      if (action === 'patch' && undoesPatches(diagnosis.owner)) return []
      const remedies = advisedRemedies(action, diagnosis, advised)
      const first = remedies[0]
      const change = merged(remedies)
      return first && change ? [{ action, namespace, name, uid, remedy: first, change }] : []
    })
  })
}

function advisedRemedies(
  action: OfferedChange['action'],
  diagnosis: Diagnosis,
  advised: readonly Advice[],
): Remedy[] {
  const kinds = advised
    .filter(
      (advice) =>
        actionOf[advice.remedy.kind] === action &&
        advice.daemonSets.includes(`${diagnosis.namespace}/${diagnosis.name}`),
    )
    .map((advice) => advice.remedy.kind)
  return diagnosis.findings
    .flatMap((finding) => finding.remedies)
    .filter((remedy) => kinds.includes(remedy.kind) && remedy.change !== undefined)
    .sort((a, b) => Number(b.recommended) - Number(a.recommended))
}

/** One change for a DaemonSet with several findings: all the tolerations, all the pods. */
function merged(remedies: readonly Remedy[]): Change | undefined {
  const changes = remedies.flatMap((remedy) => remedy.change ?? [])
  const first = changes[0]
  if (first?.kind === 'tolerate') {
    const all = changes.flatMap((change) => (change.kind === 'tolerate' ? change.tolerations : []))
    return { kind: 'tolerate', tolerations: distinct(all) }
  }
  if (first?.kind === 'delete-pods') {
    return {
      kind: 'delete-pods',
      pods: [
        ...new Set(changes.flatMap((change) => (change.kind === 'delete-pods' ? change.pods : []))),
      ],
    }
  }
  return first
}

function distinct(tolerations: readonly Toleration[]): Toleration[] {
  return [
    ...new Map(tolerations.map((toleration) => [JSON.stringify(toleration), toleration])).values(),
  ]
}
