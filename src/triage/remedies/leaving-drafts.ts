import {
  capitalized,
  code,
  listed,
  names,
  plural,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { type DrainingNode, minutes } from '../drain/drain-words.ts'
import type { Cases } from '../facts/facts.ts'
import { isSilent, reportsNotReady } from '../facts/readiness.ts'
import { roleTitle, servesNode } from '../facts/role.ts'
import { deletePods, nothing, removeTaint, wait } from './drafts.ts'
import { helps } from './remedies.ts'
import type { RemedyDraft } from './remedy.ts'
import { tolerate } from './tolerate-draft.ts'

/** Leaving nodes in one state of their removal. */
interface LeavingNodes extends Cases<DrainingNode> {
  readonly variant: string | null
}

/** What to do about pods on nodes that are being removed, in order of preference. */
export function leavingDrafts(found: LeavingNodes): readonly (RemedyDraft | undefined)[] {
  return [...draftsNow(found), ...draftsForGood(found)]
}

function draftsNow(found: LeavingNodes): readonly (RemedyDraft | undefined)[] {
  const removal = removalDraft(found)
  switch (found.variant) {
    case 'blocked':
      return [...blockedDrafts(found), tolerateNow(found), takeOff(found), removal]
    case 'left-over':
      return [
        takeOff(found),
        tolerateNow(found),
        wait(['Wait'], ['Nothing is in progress that would end it.'], { tempting: true }),
        removal,
      ]
    case 'machine-off':
      return [...machineOffDrafts(found), removal]
    case 'silent':
      return [...silentDrafts(found), removal]
    default:
      return [waitForNodes(found), tolerateNow(found), takeOff(found), removal]
  }
}

/** The toleration that clears the alert now; undefined if it would clear nothing. */
function tolerateNow({ facts, nodes, cases, variant }: LeavingNodes): RemedyDraft | undefined {
  const { taint, leaving } = cases[0].evidence
  if (leaving.known.tolerate === 'never' || reportsNotReady(taint.key)) return undefined
  const toleration = tolerate(facts, nodes, taint, {
    horizon: 'now',
    choice: true,
    why: [
      variant === 'left-over'
        ? 'It clears the alert at once; the taint stays.'
        : 'It clears the alert at once, for nodes that are going away anyway.',
    ],
  })
  return helps(facts, toleration) ? toleration : undefined
}

function removalDraft({ facts, nodes, pods, variant }: LeavingNodes): RemedyDraft | undefined {
  const isGone = variant === 'machine-off' || nodes.every(({ node }) => isSilent(node))
  return deletePods(facts, pods, {
    horizon: 'now',
    tempting: true,
    why: isGone
      ? ['No kubelet answers: a deleted pod would stay in Terminating and still be counted.']
      : variant === 'left-over'
        ? ['The node stays. A deleted pod is not recreated until the taint is removed.']
        : words`The node goes away on its own. A deleted pod is not recreated, so until then the pods still running there would lose ${roleTitle(facts.role)}.`,
  })
}

/** Removing the taint: right only if it is left over. undefined: no taint says that it leaves. */
function takeOff({ nodes, cases, variant }: LeavingNodes): RemedyDraft | undefined {
  const { taint, leaving } = cases[0].evidence
  if (reportsNotReady(taint.key)) return undefined
  const tool = leaving.known.tool ?? 'its tool'
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

function waitForNodes(found: LeavingNodes): RemedyDraft {
  const { leaving } = found.cases[0].evidence
  const nodes = plural(found.nodes.length, 'node', 'nodes')
  const end = removalEnd(found)
  return wait(
    end
      ? words`Wait: the ${nodes} should be gone by ${time(end)}`
      : [`Wait until the ${nodes} ${plural(found.nodes.length, 'is', 'are')} gone`],
    words`${progress(found)}${end ? '' : ` Usual time: ${leaving.known.lasts}.`}`,
  )
}

/** How far the slowest removal is, and what the estimate of its end is the sum of. A sentence. */
function progress(found: LeavingNodes): Words {
  const end = removalEnd(found)
  const drains = found.cases.map(({ evidence }) => evidence.drain)
  const last = drains.find(({ until, estimate }) => estimate && end && until === end)?.estimate
  if (last) {
    const isPast = Date.parse(last.podsBy) <= found.facts.index.now
    return words`Pods there ${isPast ? 'had' : 'have'} until ${time(last.podsBy)}, then the removal takes up to ${minutes(last.machineMs + last.objectMs)}.`
  }
  return [
    drains.some(({ stopping }) => stopping.length > 0)
      ? 'Pods there are still stopping.'
      : 'The removal is in progress.',
  ]
}

/** RFC 3339: when the last node should be gone; undefined if nothing says so or that has passed. */
export function removalEnd({ facts, cases }: LeavingNodes): string | undefined {
  const ends = cases.map(({ evidence }) => evidence.drain.until)
  const last = ends.every((end) => end !== undefined) ? [...ends].sort().at(-1) : undefined
  return last && Date.parse(last) > facts.index.now ? last : undefined
}

function blockedDrafts({ nodes, cases }: LeavingNodes): readonly RemedyDraft[] {
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
        const isBudget = blockers.some((one) => one.pod === pod && one.isBudget)
        return `kubectl -n ${namespace} get pod ${name} -o wide${isBudget ? `; kubectl -n ${namespace} get pdb` : ''}`
      }),
    },
    wait(
      ['Silence until the drain is done'],
      ['Only what holds the drain can end it; the silence bridges the time.'],
      { choice: true },
    ),
  ]
}

function machineOffDrafts(found: LeavingNodes): readonly RemedyDraft[] {
  return [
    wait(
      ['Wait: the machine is off'],
      ['No container runs there. If it was stopped by mistake, start it.'],
    ),
    { ...checkMachines(found), choice: true },
  ]
}

function silentDrafts(found: LeavingNodes): readonly RemedyDraft[] {
  return [
    checkMachines(found),
    wait(
      ['Silence while you check'],
      ['The count drops when the Node object is deleted, or when the node reports again.'],
      { choice: true },
    ),
  ]
}

function checkMachines({ nodes, variant }: LeavingNodes): RemedyDraft {
  const there = nodes.map(({ name }) => name)
  const isOne = there.length === 1
  const held = nodes.filter(({ node }) => node.metadata.deletionTimestamp !== undefined)
  const title =
    variant === 'silent'
      ? `Check whether the ${isOne ? 'machine still exists' : 'machines still exist'}`
      : `Check whether the ${isOne ? 'machine is' : 'machines are'} gone for good`
  const stopped =
    variant === 'silent'
      ? 'If it exists, find out why it does not report.'
      : 'If it was stopped by mistake, start it.'
  if (held.length > 0)
    return {
      kind: 'fix-node',
      horizon: 'now',
      title: [title],
      why: [
        `If it is gone, find out why the finalizer of its Node object is not removed. ${stopped}`,
      ],
      commands: [
        `kubectl get node ${there.join(' ')} -o custom-columns=NAME:.metadata.name,FINALIZERS:.metadata.finalizers,MACHINE:.spec.providerID`,
      ],
    }
  return {
    kind: 'fix-node',
    horizon: 'now',
    title: [title],
    why: [`If it is gone, delete the Node object; its pods go with it. ${stopped}`],
    commands: [
      `kubectl get node ${there.join(' ')} -o custom-columns=NAME:.metadata.name,MACHINE:.spec.providerID`,
      `kubectl delete node ${there.join(' ')}   # only if the machine is gone for good`,
    ],
    change: { kind: 'delete-node', nodes: there },
  }
}

function draftsForGood({ facts, nodes, cases, variant }: LeavingNodes): readonly RemedyDraft[] {
  const { taint, leaving } = cases[0].evidence
  if (variant === 'machine-off')
    return [nothing(['No container runs on a machine that is off: a toleration changes nothing.'])]
  if (reportsNotReady(taint.key))
    return [nothing(['A node that is removed stops reporting. The DaemonSet is correct as it is.'])]
  if (leaving.known.tolerate === 'never') return [nothing(['The DaemonSet is correct as it is.'])]
  const isNeeded = servesNode(facts.role)
  const toleration = tolerate(facts, nodes, taint, {
    horizon: 'for-good',
    choice: !isNeeded,
    why: isNeeded
      ? words`Pods that are still draining need it (it ${facts.role.evidence}). With the toleration, removals no longer raise this alert.`
      : ['Right if it has to work until the node is gone.'],
  })
  if (isNeeded) return [toleration]
  return [
    nothing([
      'Nothing shows that pods on a draining node need it, so it may go first. A short count at each removal is normal.',
    ]),
    toleration,
  ]
}
