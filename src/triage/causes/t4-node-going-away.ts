import { isReadyNode } from '../../daemonset/object-state.ts'
import {
  capitalized,
  code,
  names,
  nodeOrCount,
  nodesTitle,
  plural,
  theNodes,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { removalOf } from '../drain/consequences.ts'
import { drainOf } from '../drain/drain.ts'
import { type DrainingNode, drainEvidence, drainNeeds, drainReason } from '../drain/drain-words.ts'
import { leavingByTaint } from '../drain/leaving.ts'
import { type Misscheduling, type NodeFacts, wrongTaint } from '../facts/facts.ts'
import { isSilent, reportsNotReady } from '../facts/readiness.ts'
import type { HeadlineFacts } from '../findings/cause.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { stillThere } from '../findings/presence.ts'
import { leavingDrafts, removalEnd } from '../remedies/leaving-drafts.ts'
import { knownTaint } from '../taints/taints.ts'

/**
 * The node is being removed or replaced: its taint says so, or it is not Ready and something else
 * shows it. The pod stays until the node is gone.
 */
export const nodeGoingAway = defineCause<DrainingNode>({
  id: 'T4',
  cause: 'node-going-away',
  title:
    'The node is being removed: draining, drain blocked, taint left over, machine off, or silent long after it should be gone',
  needs: ({ cases }) => drainNeeds(cases.map(({ evidence }) => evidence)),
  explains: 'taint',
  endsWithNode: true,
  diagnose,
  key: (_, { taint, leaving }) => leaving.taint?.key ?? taint.key,
  variant: (_, { drain }) => drain.state,
  variantsByUrgency: ['blocked', 'left-over', 'silent', 'machine-off', 'draining'],
  headline: (incident) => words`${removalWords(incident, NOW)}; ${stillThere(incident)}`,
  past: (incident) => removalWords(incident, PAST),
  explain(group) {
    const { facts, nodes, cases } = group
    return {
      ifIgnored: ifIgnored(group),
      summary: words`${code(facts.name)} ${SUMMARY[group.variant ?? 'draining'] ?? SUMMARY.draining} ${names(nodes)}.`,
      why: why(group),
      perNode: cases.map((one) => ({ node: one.node.name, reason: drainReason(one) })),
      evidence: cases.slice(0, 5).map(drainEvidence),
      drafts: leavingDrafts(group),
    }
  },
})

type Group = CaseGroup<DrainingNode>

interface Tense {
  readonly nodes: (nodes: readonly string[]) => Words
  readonly drain: string
  readonly is: readonly [one: string, many: string]
  readonly has: readonly [one: string, many: string]
  readonly silent: readonly [one: string, many: string]
}

const NOW: Tense = {
  nodes: nodesTitle,
  drain: 'The drain',
  is: ['is', 'are'],
  has: ['has', 'have'],
  silent: ['should be gone and does not report', 'should be gone and do not report'],
}

const PAST: Tense = {
  nodes: theNodes,
  drain: 'the drain',
  is: ['was', 'were'],
  has: ['had', 'had'],
  silent: ['should have been gone and did not report', 'should have been gone and did not report'],
}

/** What happens to the nodes, now or in the past. */
function removalWords({ nodes, key, variant }: HeadlineFacts, tense: Tense): Words {
  const who = tense.nodes(nodes)
  const is = plural(nodes.length, ...tense.is)
  switch (variant) {
    case 'blocked':
      return words`${tense.drain} of ${nodeOrCount(nodes)} ${tense.is[0]} stuck`
    case 'left-over':
      return words`${who} ${plural(nodes.length, ...tense.has)} a leftover ${code(key ?? '')} taint`
    case 'machine-off':
      return words`${who} ${is} powered off`
    case 'silent':
      return words`${who} ${plural(nodes.length, ...tense.silent)}`
    default:
      return words`${who} ${is} ${knownTaint(key ?? '').doing ?? 'being removed'}`
  }
}

function ifIgnored(group: CaseGroup<DrainingNode>): Words {
  const { nodes, variant } = group
  switch (variant) {
    case 'blocked':
      return ['The drain stays stuck, and the alert keeps firing.']
    case 'left-over':
      return ['The taint stays. A pod that is lost there does not come back.']
    case 'machine-off':
      return [
        plural(
          nodes.length,
          'It ends when the machine starts or its Node object is deleted.',
          'It ends when the machines start or their Node objects are deleted.',
        ),
      ]
    case 'silent':
      return [
        `The Node ${plural(nodes.length, 'object stays', 'objects stay')}, and the alert keeps firing.`,
      ]
    default: {
      const end = removalEnd(group)
      const when = end ? words` by ${time(end)}` : ''
      const kept = nodes.every(({ node }) => isReadyNode(node))
        ? ' Pods run there until then; nothing is lost.'
        : ''
      return words`It ends${when} with ${plural(nodes.length, 'the node', 'the nodes')}.${kept}`
    }
  }
}

function diagnose(misscheduling: Misscheduling): DrainingNode | undefined {
  const taint = wrongTaint(misscheduling)
  if (!taint) return undefined
  const { index } = misscheduling.facts
  const { node } = misscheduling.node
  if (reportsNotReady(taint.key)) {
    const removal = removalOf(index, node)
    return removal && { taint, ...removal }
  }
  if (knownTaint(taint.key).class !== 'going-away') return undefined
  const leaving = leavingByTaint(node, taint)
  return { taint, leaving, drain: drainOf(index, node, leaving) }
}

const SUMMARY: Readonly<Record<string, string>> & { readonly draining: string } = {
  draining: 'is on nodes that are being removed:',
  blocked: 'is on nodes whose drain is blocked:',
  'left-over': 'is on nodes with an old removal taint, and nothing shows work on them:',
  'machine-off': 'is counted on nodes whose machine is off:',
  silent: 'is counted on nodes that should be gone and do not report:',
}

function why(group: Group): Words {
  return (WHY[group.variant ?? ''] ?? leavingWhy)(group)
}

/** By variant; the rest are nodes whose removal is in progress. */
const WHY: Readonly<Record<string, (group: Group) => Words>> = {
  'left-over'(group) {
    const { theNodes, areGone } = subject(group)
    return words`${capitalized(toolOf(group))} marked ${theNodes} for removal, but nothing shows that it is still working on it. ${counted(group)} until the taint is removed or ${areGone}.`
  },
  blocked(group) {
    const { theNodes, areGone } = subject(group)
    const isHeld = group.cases.some(({ evidence }) => evidence.drain.blockers.length > 0)
    const held = isHeld
      ? `Pods cannot leave, so ${toolOf(group)} cannot remove ${theNodes}.`
      : `The tool that removes ${theNodes} is not running.`
    return words`${held} ${counted(group)} until ${areGone}.`
  },
  'machine-off'(group) {
    const left = plural(
      group.nodes.length,
      'machine is off; only its Node object is left',
      'machines are off; only their Node objects are left',
    )
    const gone = plural(group.nodes.length, 'that object is gone', 'those objects are gone')
    return words`A taint says that the ${left}. ${counted(group)} until ${gone}.`
  },
  silent(group) {
    const count = group.nodes.length
    const still = plural(
      count,
      'does not report; whether the machine still exists is unknown',
      'do not report; whether the machines still exist is unknown',
    )
    const gone = plural(count, 'the Node object is deleted', 'the Node objects are deleted')
    return words`${capitalized(subject(group).theNodes)} should be gone by now and ${still}. ${counted(group)} until ${gone}.`
  },
}

function leavingWhy(group: Group): Words {
  const [{ evidence }] = group.cases
  const { theNodes, areGone } = subject(group)
  return reportsNotReady(evidence.taint.key)
    ? words`${leavingWords(evidence, group.nodes.length === 1)}, and ${stopped(group.nodes)}. ${counted(group)} until ${areGone}.`
    : words`${capitalized(toolOf(group))} has tainted ${theNodes} with ${code(evidence.taint.key)}. Daemon pods that do not tolerate it count as misscheduled until ${areGone}.`
}

function subject({ nodes }: Group): { readonly theNodes: string; readonly areGone: string } {
  return nodes.length === 1
    ? { theNodes: 'the node', areGone: 'the node is gone' }
    : { theNodes: 'the nodes', areGone: 'the nodes are gone' }
}

function toolOf({ cases: [{ evidence }] }: Group): string {
  return evidence.leaving.known.tool ?? 'its tool'
}

/** Without the DaemonSet's name, since all those of the incident share this sentence. */
function counted({ cases: [{ evidence }] }: Group): Words {
  return reportsNotReady(evidence.taint.key)
    ? ['Daemon pods stay there and count as misscheduled']
    : words`Daemon pods that do not tolerate ${code(evidence.taint.key)} count as misscheduled`
}

function leavingWords({ leaving: { known, taint } }: DrainingNode, isOne: boolean): Words {
  if (taint?.effect === 'PreferNoSchedule')
    return words`${code(taint.key)} says that ${known.means}`
  const theNodes = isOne ? 'the node' : 'the nodes'
  return [
    capitalized(
      known.tool
        ? `${known.tool} is removing ${theNodes}`
        : `${theNodes} ${isOne ? 'is' : 'are'} being removed`,
    ),
  ]
}

function stopped(nodes: readonly NodeFacts[]): string {
  const isOne = nodes.length === 1
  if (nodes.every(({ node }) => isSilent(node)))
    return isOne ? 'its kubelet no longer reports' : 'their kubelets no longer report'
  return isOne ? 'the node is no longer Ready' : 'the nodes are no longer Ready'
}
