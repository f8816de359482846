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

function why({ nodes, cases, variant }: Group): Words {
  const [{ evidence }] = cases
  const { tool } = evidence.leaving.known
  const isOne = nodes.length === 1
  const theNodes = isOne ? 'the node' : 'the nodes'
  const gone = `until ${theNodes} ${isOne ? 'is' : 'are'} gone`
  // Without a name, since the DaemonSets of the incident share this sentence.
  const counts = reportsNotReady(evidence.taint.key)
    ? ['Daemon pods stay there and count as misscheduled']
    : words`Daemon pods that do not tolerate ${code(evidence.taint.key)} count as misscheduled`
  switch (variant) {
    case 'left-over':
      return words`${capitalized(tool ?? 'its tool')} marked ${theNodes} for removal, but nothing shows that it is still working on it. ${counts} until the taint is removed or ${theNodes} ${isOne ? 'is' : 'are'} gone.`
    case 'blocked':
      return cases.some((one) => one.evidence.drain.blockers.length > 0)
        ? words`Pods cannot leave, so ${tool ?? 'its tool'} cannot remove ${theNodes}. ${counts} ${gone}.`
        : words`The tool that removes ${theNodes} is not running. ${counts} ${gone}.`
    case 'machine-off':
      return words`A taint says that the ${isOne ? 'machine is off; only its Node object is' : 'machines are off; only their Node objects are'} left. ${counts} until ${isOne ? 'that object is' : 'those objects are'} gone.`
    case 'silent':
      return words`${capitalized(theNodes)} should be gone by now and ${isOne ? 'does' : 'do'} not report; whether the ${isOne ? 'machine still exists' : 'machines still exist'} is unknown. ${counts} until ${isOne ? 'the Node object is' : 'the Node objects are'} deleted.`
    default:
      return reportsNotReady(evidence.taint.key)
        ? words`${leavingWords(evidence, isOne)}, and ${stopped(nodes)}. ${counts} ${gone}.`
        : words`${capitalized(tool ?? 'its tool')} has tainted ${theNodes} with ${code(evidence.taint.key)}. Daemon pods that do not tolerate it count as misscheduled ${gone}.`
  }
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
