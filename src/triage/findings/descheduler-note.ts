import { isReadyNode } from '../../daemonset/object-state.ts'
import { untoleratedTaints } from '../../daemonset/tolerations.ts'
import { code, joined, type Words, words } from '../../words/words.ts'
import { type Descheduler, deschedulerIn, EVICT_ANNOTATION } from '../facts/descheduler.ts'
import type { Misscheduling } from '../facts/facts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import type { CauseReport } from './report.ts'

/**
 * Adds to a report what a descheduler does with pods that stay under a NoSchedule taint, since it is
 * what people try next. By default it leaves pods of a DaemonSet alone. If there is one in the
 * cluster, that is said in the message; otherwise in the thread, if deleting is an answer to a taint
 * that was added later.
 */
export function withDescheduler(
  report: CauseReport,
  misschedulings: readonly [Misscheduling, ...Misscheduling[]],
  isHistory: boolean,
): CauseReport {
  const [{ facts }] = misschedulings
  const left = misschedulings.filter(isLeftRunning)
  const isDeletable = report.drafts.some((draft) => draft && isDeletion(draft))
  if (left.length === 0 || !(isHistory || isDeletable)) return report
  const them = left.length === 1 ? 'it' : 'them'
  const descheduler = deschedulerIn(facts.index)
  if (descheduler === undefined) {
    if (!isDeletable || !isHistory) return report
    return { ...report, evidence: [...report.evidence, [NOT_BY_DEFAULT]] }
  }
  const annotated = left.some(
    ({ pod: { pod } }) => EVICT_ANNOTATION in (pod.metadata.annotations ?? {}),
  )
  const short = annotated
    ? words`The descheduler in this cluster may evict ${them}: ${left.length === 1 ? 'the pod has' : 'pods have'} the annotation ${code(EVICT_ANNOTATION)}.`
    : words`The descheduler in this cluster leaves ${them} alone${descheduler.hasPolicy ? ' by default' : ''}.`
  return {
    ...report,
    evidence: [...report.evidence, evidence(descheduler, annotated, them)],
    drafts: report.drafts.map((draft) =>
      draft && isDeletion(draft) ? { ...draft, why: joined([draft.why, short]) } : draft,
    ),
  }
}

const PAGE = 'docs/descheduler.md'

const NOT_BY_DEFAULT = `a descheduler would not remove such pods: by default it leaves pods of a DaemonSet alone (${PAGE})`

function evidence({ pod, hasPolicy }: Descheduler, annotated: boolean, them: string): Words {
  const gone = `the controller does not recreate ${them} while the taint is there (${PAGE})`
  const runs = words`a descheduler runs in this cluster (${code(pod)})`
  if (annotated)
    return words`${runs}, and the annotation ${code(EVICT_ANNOTATION)} lets it evict ${them}: ${gone}`
  if (!hasPolicy)
    return words`${runs}: it leaves pods of a DaemonSet alone unless they have the annotation ${code(EVICT_ANNOTATION)} (${PAGE})`
  return words`${runs}: by default it leaves pods of a DaemonSet alone; if its policy lets it evict ${them}, ${gone}`
}

function isDeletion({ kind, horizon, tempting }: RemedyDraft): boolean {
  return kind === 'delete-pod' && horizon === 'now' && !tempting
}

/**
 * Nobody removes the pod, and the descheduler would look at it: it judges pods on Ready nodes by
 * their own tolerations and by NoSchedule taints.
 */
function isLeftRunning({ facts, node, pod }: Misscheduling): boolean {
  if (node.controllerDeletes || pod.state !== 'live' || !isReadyNode(node.node)) return false
  const gates = facts.index.snapshot.featureGates
  return untoleratedTaints(node.node.spec?.taints, pod.pod.spec?.tolerations ?? [], gates).some(
    ({ effect }) => effect === 'NoSchedule',
  )
}
