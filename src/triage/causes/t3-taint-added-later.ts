import type { Taint } from '../../kubernetes/objects.ts'
import { code, listed, names, nodesTitle, time, type Words, words } from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import { type Misscheduling, wrongTaint } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { taintDrafts } from '../remedies/taint-drafts.ts'
import { otherTaintTexts } from '../remedies/tolerate-draft.ts'
import { taintedBy, taintHistory, taintManager } from '../taints/taint-history.ts'
import { purposeOf, type TaintPurpose } from '../taints/taint-purpose.ts'
import { spreadOf, spreadWords } from '../taints/taint-spread.ts'
import { nearMiss, otherDaemonSetsTolerate } from '../taints/taint-tolerations.ts'
import { knownTaint, taintText } from '../taints/taints.ts'

/** A person or a tool put a taint on the node after the pod was there. NoSchedule keeps new pods away and leaves old ones. */
export const taintAddedLater = defineCause<{
  readonly taint: Taint
  readonly purpose: TaintPurpose
}>({
  id: 'T3',
  cause: 'taint-added-later',
  title: 'A taint was put on the node after the pod was placed',
  needs: [REVISIONS],
  explains: 'history',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    if (!taint || isOlderThanPod(misscheduling, taint)) return undefined
    return { taint, purpose: purposeOf(misscheduling, taint) }
  },
  key: (_, { taint }) => taint.key,
  headline({ nodes, who, many, key }) {
    const title = nodesTitle(nodes)
    return words`${title} ${nodes.length === 1 ? 'is' : 'are'} tainted ${code(key ?? '')}; ${who} still ${many ? 'run' : 'runs'} there`
  },
  explain(found) {
    const { facts, nodes, cases } = found
    const { taint } = cases[0].evidence
    return {
      summary: words`${code(facts.name)} runs on ${names(nodes)} and does not tolerate ${code(taintText(taint))}.`,
      why: words`${meaning(taint)}. It must have come after the pods: ${code('NoSchedule')} keeps new ones away and leaves those that run.`,
      perNode: cases.map((one) => ({ node: one.node.name, reason: reason(one) })),
      evidence: evidence(found),
      drafts: taintDrafts(found, cases[0].evidence.purpose),
    }
  },
})

// The controller would not have made the pod with the taint there, so a younger pod needs another story.
function isOlderThanPod({ node, pod }: Misscheduling, taint: Taint): boolean {
  const tainted = taintedBy(node, taint)
  const created = pod.created
  return tainted !== undefined && created !== undefined && created > tainted.at + SECONDS_OF_DOUBT
}

const SECONDS_OF_DOUBT = 60_000

function meaning({ key }: Taint): Words {
  const known = knownTaint(key)
  return known.class === 'unknown'
    ? words`${code(key)} is no taint of Kubernetes or of a known tool`
    : words`${code(key)} means that ${known.means}`
}

function reason({ node, evidence: { taint } }: Case<{ readonly taint: Taint }>): Words {
  const by = taintedBy(node, taint)
  const when = by
    ? words`${by.exact ? ', since ' : ', since at latest '}${time(new Date(by.at).toISOString())}`
    : []
  return words`${code(taintText(taint))}${when}`
}

function evidence({
  facts,
  nodes,
  cases,
}: CaseGroup<{ readonly taint: Taint; readonly purpose: TaintPurpose }>): readonly Words[] {
  const [{ node, evidence: first }] = cases
  const { taint, purpose } = first
  const lines: Words[] = cases.slice(0, 3).map(({ node: at, pod, evidence: one }) => {
    const made = pod.pod.metadata.creationTimestamp
      ? words`; pod ${code(pod.name)} made at ${time(pod.pod.metadata.creationTimestamp)}`
      : ''
    return words`${code(at.name)}: ${taintHistory(at, one.taint)}${made}`
  })
  lines.push(
    words`${code(taintText(taint))}: ${spreadWords(spreadOf(facts.index, node.node, taint))}`,
  )
  const others = otherDaemonSetsTolerate(facts, node.name, taint)
  if (others) lines.push(others)
  const keeper = taintManager(node.node)
  if (keeper) lines.push(keeper)
  const near = nearMiss(facts, taint)
  if (near) lines.push(near)
  lines.push(...purpose.hints)
  const more = otherTaintTexts(facts, nodes, taint)
  if (more.length > 0)
    lines.push(words`these nodes carry more that it does not tolerate: ${listed(more)}`)
  return lines
}
