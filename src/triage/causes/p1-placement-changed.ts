import type { Reason } from '../../daemonset/decide.ts'
import { failingKeys } from '../../daemonset/decide.ts'
import type { ControllerRevision } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, names, nodeOrCount, plural, time, type Words, words } from '../../words/words.ts'
import { earlierPlacement } from '../facts/earlier-template.ts'
import type { Misscheduling } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { definePlacementCause, held } from '../findings/placement-cause.ts'
import type { CaseGroup } from '../findings/pod-cause.ts'
import { nothing } from '../remedies/drafts.ts'
import { reasonWords } from '../taints/reason-words.ts'

/** The template's node selector or affinity was changed, and the node no longer matches it. */
export const placementChanged = definePlacementCause<ControllerRevision | 'not-read'>({
  id: 'P1',
  cause: 'placement-changed',
  title: "The template's node selector or affinity was changed",
  needs: [REVISIONS],
  diagnose(misscheduling) {
    const { reason, facts, pod, node } = misscheduling
    if (reason.type !== 'NodeSelector' && reason.type !== 'NodeAffinity') return undefined
    const earlier = pod.current === true ? undefined : earlierPlacement(facts, node.node)
    if (earlier) return earlier
    // A node never changes its name, so an affinity that names nodes was itself changed.
    return isByName(reason) || isOfUnreadTemplate(misscheduling) ? 'not-read' : undefined
  },
  key: () => null,
  headline(incident) {
    const { who, nodes, many, isOpen } = incident
    const select = many ? 'select' : 'selects'
    return words`${who} ${isOpen ? `${many ? 'do' : 'does'} not select` : `no longer ${select}`} ${nodeOrCount(nodes)}; ${held(incident).now}`
  },
  past(incident) {
    const { who, nodes, isOpen } = incident
    return words`${who} ${isOpen ? 'did not select' : 'no longer selected'} ${nodeOrCount(nodes)}, and ${held(incident).past}`
  },
  explain(group) {
    const { facts, nodes, cases } = group
    const [{ reason }] = cases
    const isOpen = cases.some((one) => one.evidence === 'not-read' && !isByName(one.reason))
    return {
      isOpen,
      summary: isOpen
        ? words`does not select ${names(nodes)}`
        : words`no longer selects ${names(nodes)} since its template was changed`,
      why: words`${plural(nodes.length, 'The node does', 'The nodes do')} not match ${reasonWords(reason)} in the current template.`,
      evidence: revisionEvidence(group),
      after: [
        isOpen
          ? { ...nothing(['Right if the node should not have a pod.']), choice: true }
          : nothing(['The change does what it says.']),
        {
          kind: 'change-placement',
          horizon: 'for-good',
          choice: true,
          title: [isOpen ? 'Make the template select the node' : 'Revert the template change'],
          why: ['Right if the node should have kept its pod.'],
          commands: [`kubectl -n ${facts.namespace} rollout history daemonset ${facts.name}`],
        },
      ],
    }
  },
})

function revisionEvidence({
  nodes,
  cases: [{ evidence: earlier, reason, node, pod }],
}: CaseGroup<ControllerRevision | 'not-read'>): readonly Words[] {
  const lines: Words[] = []
  if (earlier !== 'not-read') {
    const created = earlier.metadata.creationTimestamp
    lines.push(
      words`revision ${earlier.revision ?? 0}${created ? words`, created at ${time(created)},` : ''} matched ${code(nodes[0]?.name ?? '')}; the current one does not`,
    )
  } else if (!isByName(reason))
    lines.push([
      'what the older template required is unknown: its ControllerRevision is missing; a label may have changed instead',
    ])
  lines.push(
    words`${code(node.name)}: pod ${code(pod.name)} belongs to revision ${code(pod.hash ?? 'unknown')}${pod.current === false ? ', not to the current one' : ''}`,
  )
  return lines
}

// A template that was not read let the pod onto the node. Only a node that registered again can
// have changed under the pod without a trace.
function isOfUnreadTemplate({ facts, pod, node }: Misscheduling): boolean {
  const registered = milliseconds(node.node.metadata.creationTimestamp)
  const hasReregistered =
    registered !== undefined && pod.created !== undefined && pod.created < registered
  return pod.current === false && facts.revisions.length < 2 && !hasReregistered
}

/** Whether the affinity names nodes, not labels. */
function isByName(reason: Reason): boolean {
  return (
    reason.type === 'NodeAffinity' &&
    reason.terms.every(({ error }) => error === undefined) &&
    failingKeys(reason).length === 0
  )
}
