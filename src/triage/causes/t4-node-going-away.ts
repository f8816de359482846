import {
  capitalized,
  code,
  listed,
  names,
  nodeOrCount,
  nodesTitle,
  plural,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { drainOf } from '../drain/drain.ts'
import { type DrainingNode, drainEvidence, drainNeeds, drainReason } from '../drain/drain-words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { roleTitle, servesNode } from '../facts/role.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, removeTaint, wait } from '../remedies/drafts.ts'
import { helps } from '../remedies/remedies.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { type KnownTaint, knownTaint } from '../taints/taints.ts'

/**
 * The node is being removed or replaced, and its taint says so. The pod stays until the node is
 * gone.
 */
export const nodeGoingAway = defineCause<DrainingNode>({
  id: 'T4',
  cause: 'node-going-away',
  title: 'The node is being removed: draining, drain blocked, taint left over, or machine off',
  needs: ({ cases }) => drainNeeds(cases.map(({ evidence }) => evidence)),
  explains: 'taint',
  endsWithNode: true,
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    const known = taint && knownTaint(taint.key)
    if (!taint || known?.class !== 'going-away') return undefined
    const { facts, node } = misscheduling
    return { taint, known, drain: drainOf(facts.index, node.node, taint) }
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { drain }) => drain.state,
  variantsByUrgency: ['blocked', 'left-over', 'machine-off', 'draining'],
  headline({ nodes, who, many, key, variant }) {
    const title = nodesTitle(nodes)
    const are = plural(nodes.length, 'is', 'are')
    const still = words`${who} still ${many ? 'run' : 'runs'} there`
    switch (variant) {
      case 'blocked':
        return words`The drain of ${nodeOrCount(nodes)} is stuck; ${still}`
      case 'left-over':
        return words`${title} ${plural(nodes.length, 'has', 'have')} a leftover ${code(key ?? '')} taint; ${still}`
      case 'machine-off':
        return words`${title} ${are} powered off; ${who} ${many ? 'are' : 'is'} still counted there`
      default:
        return words`${title} ${are} ${knownTaint(key ?? '').doing ?? 'being removed'}; ${still}`
    }
  },
  explain(group) {
    const { facts, nodes, cases } = group
    return {
      summary: words`${code(facts.name)} ${SUMMARY[group.variant ?? 'draining'] ?? SUMMARY.draining} ${names(nodes)}.`,
      why: why(group, cases[0].evidence.known),
      perNode: cases.map(({ node, evidence }) => ({
        node: node.name,
        reason: drainReason(evidence),
      })),
      evidence: cases.slice(0, 5).map(drainEvidence),
      drafts: [...draftsNow(group), ...draftsForGood(group)],
    }
  },
})

type Group = CaseGroup<DrainingNode>

const SUMMARY: Readonly<Record<string, string>> & { readonly draining: string } = {
  draining: 'runs on nodes that are being removed:',
  blocked: 'runs on nodes whose drain is blocked:',
  'left-over': 'runs on nodes with an old removal taint, and nothing shows work on them:',
  'machine-off': 'is counted on nodes whose machine is off:',
}

function why(
  { facts, nodes, cases, variant, key }: Group,
  { tool = 'its tool' }: KnownTaint,
): Words {
  const one = nodes.length === 1
  const theNodes = one ? 'the node' : 'the nodes'
  const gone = `${theNodes} ${one ? 'is' : 'are'} gone`
  const untolerated = words`${code(facts.name)} does not tolerate ${code(key ?? '')}, so it counts as misscheduled until`
  switch (variant) {
    case 'left-over':
      return words`${capitalized(tool)} marked ${theNodes} for removal, but nothing shows that it is still working on it. ${code(facts.name)} counts as misscheduled until the taint is removed or ${gone}.`
    case 'blocked': {
      const held = cases.some(({ evidence }) => evidence.drain.blockers.length > 0)
      return words`${held ? `Pods cannot leave, so ${tool} cannot remove ${theNodes}` : `The tool that removes ${theNodes} is not running`}. ${untolerated} ${gone}.`
    }
    case 'machine-off':
      return words`No kubelet answers there; only the Node ${one ? 'object is' : 'objects are'} left. ${untolerated} ${one ? 'that object is' : 'those objects are'} gone.`
    default:
      return words`${capitalized(tool)} has tainted ${theNodes} with ${code(key ?? '')}, which ${code(facts.name)} does not tolerate. It counts as misscheduled until ${gone}.`
  }
}

function draftsNow(group: Group): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, cases, variant } = group
  const { taint, known } = cases[0].evidence
  const isOff = known.tolerate === 'never'
  const toleration = isOff
    ? undefined
    : tolerate(facts, nodes, taint, {
        horizon: 'now',
        choice: true,
        why: [
          variant === 'left-over'
            ? 'It clears the alert at once; the taint stays.'
            : 'It clears the alert at once, for nodes that are going away anyway.',
        ],
      })
  const removal = removalDraft(group)
  switch (variant) {
    case 'blocked':
      return [...blockedDrafts(group), toleration, takeOff(group), removal]
    case 'left-over':
      return [
        takeOff(group),
        toleration,
        wait(['Wait'], ['Nothing is in progress that would end it.'], { tempting: true }),
        removal,
      ]
    case 'machine-off':
      return [...machineOffDrafts(group, isOff), removal]
    default:
      return [waitForNodes(group), toleration, takeOff(group), removal]
  }
}

function removalDraft({ facts, pods, variant }: Group): RemedyDraft | undefined {
  return deletePods(facts, pods, {
    horizon: 'now',
    tempting: true,
    why:
      variant === 'machine-off'
        ? ['No kubelet answers: a deleted pod would stay in Terminating and still be counted.']
        : words`The node goes away on its own. A deleted pod is not recreated, so until then the pods still running there would lose ${roleTitle(facts.role)}.`,
  })
}

/** Removing the taint: right only if it is left over. */
function takeOff({ nodes, cases, variant }: Group): RemedyDraft {
  const { taint, known } = cases[0].evidence
  const tool = known.tool ?? 'its tool'
  if (variant === 'left-over') {
    const why = `Nothing else will remove it. First check that ${tool} is not about to delete the node after all.`
    return removeTaint(nodes, taint, { horizon: 'now', why: [why] })
  }
  const why =
    variant === 'blocked'
      ? `It hides the alert and cancels the removal of the node; ${tool} would set it again.`
      : `${capitalized(tool)} acts on its own decision: the taint comes back, or the node goes anyway.`
  return removeTaint(nodes, taint, { horizon: 'now', tempting: true, why: [why] })
}

function waitForNodes(group: Group): RemedyDraft {
  const { drain, known } = group.cases[0].evidence
  const nodes = plural(group.nodes.length, 'node', 'nodes')
  const end = removalEnd(group)
  const progress =
    drain.stopping.length > 0 ? 'Pods there are still stopping' : 'The removal is in progress'
  return wait(
    end
      ? words`Wait: the ${nodes} should be gone by ${time(end)}`
      : [`Wait until the ${nodes} ${plural(group.nodes.length, 'is', 'are')} gone`],
    [`${progress}; the alert ends with the ${nodes}.${end ? '' : ` Usual time: ${known.lasts}.`}`],
  )
}

/** RFC 3339: when the last node should be gone; undefined if nothing says so or that has passed. */
function removalEnd({ facts, cases }: Group): string | undefined {
  const ends = cases.map(({ evidence }) => evidence.drain.until)
  const last = ends.every((end) => end !== undefined) ? [...ends].sort().at(-1) : undefined
  return last && Date.parse(last) > facts.index.now ? last : undefined
}

function blockedDrafts({ nodes, cases }: Group): readonly RemedyDraft[] {
  const blockers = cases.flatMap(({ evidence }) => evidence.drain.blockers)
  const pods = [...new Set(blockers.map(({ pod }) => pod))]
  const [first] = blockers
  return [
    {
      kind: 'unblock-drain',
      horizon: 'now',
      title: words`Unblock ${pods.length > 0 ? listed(pods) : words`the drain of ${names(nodes)}`}`,
      why: first
        ? words`${code(first.pod)}: ${first.why}. The node goes away once nothing holds it.`
        : ['The tool that removes the node is not running. Start it again.'],
      commands: pods.slice(0, 3).map((pod) => {
        const [namespace = '', name = ''] = pod.split('/')
        return `kubectl -n ${namespace} get pod ${name} -o wide; kubectl -n ${namespace} get pdb`
      }),
    },
    wait(
      ['Silence until the drain is done'],
      ['Only what holds the drain can end it; the silence bridges the time.'],
      { choice: true },
    ),
  ]
}

function machineOffDrafts({ nodes }: Group, isPlanned: boolean): readonly RemedyDraft[] {
  const there = nodes.map(({ name }) => name)
  const check: RemedyDraft = {
    kind: 'fix-node',
    horizon: 'now',
    title: words`Check whether the ${plural(there.length, 'machine is', 'machines are')} gone for good`,
    why: [
      'If so, delete the Node object; its pods go with it. If it was stopped by mistake, start it.',
    ],
    commands: [`kubectl delete node ${there.join(' ')}   # only if the machine is gone for good`],
    change: { kind: 'delete-node', nodes: there },
  }
  const waiting = wait(
    ['Wait: the machine is off'],
    ['No container runs there; the count drops when it starts or its Node object is deleted.'],
    { choice: !isPlanned },
  )
  return isPlanned ? [waiting, { ...check, choice: true }] : [check, waiting]
}

function draftsForGood({ facts, nodes, cases }: Group): readonly RemedyDraft[] {
  const { taint, known } = cases[0].evidence
  if (known.tolerate === 'never')
    return [nothing(['No container runs on a machine that is off: a toleration changes nothing.'])]
  const isNeeded = servesNode(facts.role)
  const toleration = tolerate(facts, nodes, taint, {
    horizon: 'for-good',
    choice: !isNeeded,
    why: isNeeded
      ? words`Pods that are still draining need it (it ${facts.role.evidence}). With the toleration, removals no longer raise this alert.`
      : ['Right if it has to work until the node is gone.'],
  })
  if (isNeeded && helps(facts, toleration)) return [toleration]
  const why = isNeeded
    ? 'Something else is wrong on these nodes too, so a toleration alone ends nothing now.'
    : 'Nothing shows that pods on a draining node need it, so it may go first. A short count at each removal is normal.'
  return [nothing([why]), toleration]
}
