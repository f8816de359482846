import type { Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import {
  code,
  counted,
  joined,
  listed,
  names,
  nodesTitle,
  plural,
  theNodes,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { cordonedBy, cordonWords } from '../drain/leaving.ts'
import { plannedReboot } from '../drain/planned-reboot.ts'
import type { Case } from '../facts/facts.ts'
import { type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { MANAGED_FIELDS } from '../facts/needs.ts'
import {
  kubeletRenewed,
  notReadyReason,
  readyEvidence,
  readySince,
  reportsNotReady,
  UNREACHABLE,
} from '../facts/readiness.ts'
import { type HeadlineFacts, together } from '../findings/cause.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { notReadyDrafts } from '../remedies/not-ready-drafts.ts'

/**
 * The node is not ready. Every daemon pod tolerates the taint with effect NoExecute; the one with
 * NoSchedule only if its template says so.
 */
export const nodeNotReady = defineCause<Taint>({
  id: 'T1',
  cause: 'node-not-ready',
  title: 'The node is NotReady or unreachable',
  explains: 'taint',
  endsWithNode: true,
  // Who cordoned the node may show that it is leaving.
  needs: ({ nodes }) =>
    nodes.some(({ node }) => node.spec?.unschedulable) ? [MANAGED_FIELDS] : [],
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint && reportsNotReady(taint.key) ? taint : undefined
  },
  key: (_, taint) => taint.key,
  variant: ({ node, facts }) => variantOf(node, facts.index.now),
  variantsByUrgency: ['', 'ready-again', 'rebooting', 'new'],
  headline(incident) {
    const { nodes, keys } = together(incident)
    return words`${nodesTitle(nodes)} ${plural(nodes.length, 'is', 'are')} ${nodeState(incident, keys)}; ${incident.who} ${incident.many ? 'are' : 'is'} misscheduled there`
  },
  past(incident) {
    const { nodes, keys } = together(incident)
    return words`${theNodes(nodes)} ${plural(nodes.length, 'was', 'were')} ${nodeState(incident, keys)}`
  },
  explain(group) {
    const { facts, nodes, cases } = group
    return {
      summary: words`${code(facts.name)} is on ${names(nodes)}, which ${state(group)}.`,
      ifIgnored: [IF_IGNORED[group.variant ?? ''] ?? NOTHING_STARTS],
      why: words`${lastReport(group)}. Daemon pods stay there and count as misscheduled until ${end(group)}.`,
      perNode: cases.map((one) => ({ node: one.node.name, reason: reason(one) })),
      evidence: cases.slice(0, 5).map(evidence),
      drafts: notReadyDrafts(group),
    }
  },
})

function nodeState({ variant }: HeadlineFacts, keys: readonly string[]): string {
  if (variant === 'ready-again') return 'Ready again but still tainted'
  if (variant === 'rebooting') return 'rebooting as planned'
  if (keys.length > 1) return 'unreachable or NotReady'
  return keys[0] === UNREACHABLE ? 'unreachable' : 'NotReady'
}

// Without number, since the DaemonSets of an incident may be on different nodes.
const NOTHING_STARTS = 'No new pods start there, and the alert keeps firing.'

const IF_IGNORED: Readonly<Record<string, string>> = {
  rebooting: 'It ends after the reboot, usually within minutes.',
  new: 'It ends when startup is done, usually within minutes.',
}

const STARTING_MS = 5 * 60_000
/** A new kubelet first reports NotReady this soon; a later report is of a node that was Ready. */
const FIRST_REPORT_MS = 60_000
/** A planned reboot that takes longer than this has failed. */
const REBOOT_MS = 30 * 60_000

function variantOf({ node, ready }: NodeFacts, now: number): string | null {
  if (ready?.status === 'True') return 'ready-again'
  const reboot = plannedReboot(node)
  const began = milliseconds(reboot?.began ?? ready?.lastTransitionTime)
  if (reboot && began !== undefined && now - began < REBOOT_MS) return 'rebooting'
  return isStarting({ node, ready }, now) ? 'new' : null
}

/** Whether the node is new and was never Ready. A kubelet that went silent had reported before. */
function isStarting({ node, ready }: Pick<NodeFacts, 'node' | 'ready'>, now: number): boolean {
  const created = milliseconds(node.metadata.creationTimestamp)
  if (created === undefined || now - created >= STARTING_MS) return false
  if (!ready || ready.reason === 'NodeStatusNeverUpdated') return true
  const since = milliseconds(ready.lastTransitionTime) ?? created
  return ready.status === 'False' && since - created <= FIRST_REPORT_MS
}

function state({ nodes, variant, key }: CaseGroup<Taint>): string {
  const are = plural(nodes.length, 'is', 'are')
  if (variant === 'ready-again') return `${are} Ready again but still tainted`
  return key === UNREACHABLE ? 'the control plane cannot reach' : `${are} not ready`
}

function end(group: CaseGroup<Taint>): Words {
  if (group.variant === 'ready-again') return ['the taint is removed']
  const others = group.nodes.flatMap(({ verdict }) =>
    verdict.reasons.flatMap((reason) =>
      reason.type === 'UntoleratedTaint' && !reportsNotReady(reason.key) ? [reason.key] : [],
    ),
  )
  const more = [...new Set(others)]
  const counts = plural(more.length, 'counts', 'count')
  return more.length > 0
    ? words`their node is Ready again or deleted; ${listed(more, 2)} ${counts} on its own as long as it is there`
    : ['their node is Ready again or deleted']
}

/** Since when, and the last report of the kubelet: of the node that was affected first. */
function lastReport({ cases, nodes }: CaseGroup<Taint>): Words {
  const [first] = [...cases].sort((a, b) => transition(a).localeCompare(transition(b)))
  const { node, facts } = first ?? cases[0]
  const { ready } = node
  const firstOf =
    nodes.length > 1
      ? words` of ${code(node.name)}, the first of them,`
      : facts.nodes.length > 1
        ? words` of ${code(node.name)}`
        : []
  if (!ready) return words`The Ready condition${firstOf} is missing`
  if (ready.status === 'True')
    return words`The kubelet${firstOf} has been Ready${readySince(ready)}, but the taint is still on the node`
  if (ready.status !== 'Unknown')
    return words`The kubelet${firstOf} has reported NotReady${readySince(ready)}${ready.message ? words`: “${firstSentence(ready.message)}”` : ''}${cordoned(node)}`
  const renewed = kubeletRenewed(facts.index, node.node)
  return words`The kubelet${firstOf} has not reported${readySince(ready)}${renewed ? words`; it last renewed its Lease at ${time(renewed)}` : ''}${rebooted(node)}${cordoned(node)}`
}

/** A cordon may mean planned work. A planned reboot is said without it. */
function cordoned({ node }: NodeFacts): Words {
  if (!node.spec?.unschedulable || plannedReboot(node)) return []
  return cordonedBy(node)
    ? words`; the node was ${cordonWords(node)}`
    : ['; the node is cordoned, and who did that is unknown']
}

function rebooted({ node }: NodeFacts): Words {
  const reboot = plannedReboot(node)
  return reboot?.began
    ? words`; ${reboot.tool} began to reboot the node at ${time(reboot.began)}`
    : []
}

// A condition may list everything that is wrong; the first item is enough here.
function firstSentence(message: string): string {
  return (message.split(/[.;\n](?:\s|$)/)[0] ?? '').slice(0, 90)
}

function transition({ node }: Case<Taint>): string {
  return node.ready?.lastTransitionTime ?? '~'
}

function reason({ node: { node, ready } }: Case<Taint>): Words {
  if (!ready) return ['no Ready condition']
  return ready.status === 'True'
    ? words`Ready${readySince(ready)}, taint still on`
    : notReadyReason(node)
}

function evidence({ node, facts }: Case<Taint>): Words {
  const reboot = plannedReboot(node.node)
  const cordon = cordonWords(node.node)
  const parts: Words[] = [
    ...readyEvidence(facts.index, node.node),
    ...(reboot ? [reboot.sign] : cordon.length > 0 ? [cordon] : []),
  ]
  const others = new Set(
    facts.index
      .podsOn(node.name)
      .flatMap(({ metadata }) =>
        (metadata.ownerReferences ?? [])
          .filter(({ kind, name }) => kind === 'DaemonSet' && name !== facts.name)
          .map(({ name }) => `${metadata.namespace ?? 'default'}/${name}`),
      ),
  )
  if (others.size > 0)
    parts.push([`pods of ${counted(others.size, 'other DaemonSet')} are on it too`])
  if (parts.length === 0) parts.push(['it has no Ready condition'])
  return words`${code(node.name)}: ${joined(parts, '; ')}`
}
