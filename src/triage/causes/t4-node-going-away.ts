import {
  code,
  listed,
  names,
  nodesTitle,
  plural,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { drainOf } from '../drain/drain.ts'
import { type DrainingNode, drainEvidence, drainReason } from '../drain/drain-words.ts'
import { wrongTaint } from '../facts/facts.ts'
import { DISRUPTION_BUDGETS, EVENTS, LEASES } from '../facts/needs.ts'
import { roleTitle, servesNode } from '../facts/role.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, nothing, removeTaint, wait } from '../remedies/drafts.ts'
import { helps } from '../remedies/remedies.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { type KnownTaint, knownTaint } from '../taints/taints.ts'

/** The node is being removed or replaced, and its taint says so. The pod stays until the node is gone. */
export const nodeGoingAway = defineCause<DrainingNode>({
  id: 'T4',
  cause: 'node-going-away',
  title: 'The node is on its way out: draining, blocked, left over, or switched off',
  needs: [DISRUPTION_BUDGETS, EVENTS, LEASES],
  explains: 'taint',
  endsWithNode: true,
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    const known = taint && knownTaint(taint.key)
    if (!taint || known?.class !== 'going-away') return undefined
    return {
      taint,
      known,
      drain: drainOf(misscheduling.facts.index, misscheduling.node.node, taint),
    }
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { drain }) => drain.state,
  variantsByUrgency: ['blocked', 'left-over', 'machine-off', 'draining'],
  headline({ nodes, who, many, key, variant }) {
    const title = nodesTitle(nodes)
    const one = nodes.length === 1
    const still = words`${who} still ${many ? 'run' : 'runs'} there`
    const doing = knownTaint(key ?? '').doing ?? 'on the way out'
    if (variant === 'blocked')
      return words`The drain of ${one ? listed(nodes) : `${nodes.length} nodes`} is stuck; ${still}`
    if (variant === 'left-over')
      return words`${title} ${one ? 'carries' : 'carry'} a left-over ${code(key ?? '')}; ${still}`
    if (variant === 'machine-off')
      return words`${title} ${one ? 'is' : 'are'} switched off; ${who} ${many ? 'are' : 'is'} still counted there`
    return words`${title} ${one ? 'is' : 'are'} ${doing}; ${still}`
  },
  explain(found) {
    const { facts, nodes, cases } = found
    const { known } = cases[0].evidence
    return {
      summary: words`${code(facts.name)} ${SUMMARY[found.variant ?? 'draining'] ?? SUMMARY.draining} ${names(nodes)}.`,
      why: why(found, known),
      perNode: cases.map(({ node, evidence }) => ({
        node: node.name,
        reason: drainReason(evidence),
      })),
      evidence: cases.slice(0, 5).map(drainEvidence),
      drafts: [...nowOffers(found), ...goodOffers(found)],
    }
  },
})

const SUMMARY: Readonly<Record<string, string>> & { readonly draining: string } = {
  draining: 'runs on nodes that are on their way out:',
  blocked: 'runs on nodes whose drain is held up:',
  'left-over': 'runs on nodes with an old removal taint and no sign of work on them:',
  'machine-off': 'is counted on nodes whose machine is off:',
}

function why(
  { facts, nodes, cases, variant, key }: CaseGroup<DrainingNode>,
  { tool = 'its tool' }: KnownTaint,
): Words {
  const [it, they, are] = nodes.length === 1 ? ['it', 'it', 'is'] : ['them', 'they', 'are']
  const untolerated = words`${code(facts.name)} does not tolerate ${code(key ?? '')}, so it counts as misscheduled until`
  if (variant === 'left-over')
    return words`${capital(tool)} marked ${it} for removal, but nothing shows that anybody still works on it. ${code(facts.name)} counts as misscheduled until the taint or the node goes.`
  if (variant === 'blocked') {
    const stuck = cases.some(({ evidence }) => evidence.drain.blockers.length > 0)
    return words`${stuck ? `Pods cannot leave, so ${tool} cannot remove ${it}` : `What removes ${it} is not running`}. ${untolerated} ${they} ${are} gone.`
  }
  if (variant === 'machine-off')
    return words`No kubelet answers there; only the Node ${plural(nodes.length, 'object is', 'objects are')} left. ${untolerated} that goes.`
  return words`${capital(tool)} has marked ${it} with ${code(key ?? '')}, which ${code(facts.name)} does not tolerate. It counts as misscheduled until ${they} ${are} gone.`
}

function nowOffers(found: CaseGroup<DrainingNode>): readonly (RemedyDraft | undefined)[] {
  const { facts, nodes, pods, cases, variant } = found
  const { taint, known, drain } = cases[0].evidence
  const tool = known.tool ?? 'its tool'
  const off = known.tolerate === 'never'
  const takeOff = (part: {
    readonly why: Words
    readonly tempting?: boolean
    readonly choice?: boolean
  }) => removeTaint(nodes, taint, { horizon: 'now', ...part })
  const toleration = off
    ? undefined
    : tolerate(facts, nodes, taint, {
        horizon: 'now',
        choice: true,
        why: words`It ends the alert at once, for nodes that are leaving anyway.`,
      })
  const removal = deletePods(facts, pods, {
    horizon: 'now',
    tempting: true,
    why:
      variant === 'machine-off'
        ? ['No kubelet answers: a deleted pod would hang in Terminating and count on.']
        : words`The node goes by itself, and until then the pods that still run there lose ${roleTitle(facts.role)}: it would not be re-created.`,
  })
  switch (variant) {
    case 'blocked':
      return [
        unblock(found),
        wait(
          ['Silence until the drain is through'],
          ['Only what holds the drain can end it; the silence bridges the time.'],
          {
            choice: true,
          },
        ),
        toleration,
        takeOff({
          tempting: true,
          why: words`It hides the alert and takes the node's removal back; ${tool} would put it on again.`,
        }),
        removal,
      ]
    case 'left-over':
      return [
        takeOff({
          why: words`Nothing else will take it off. Look first that ${tool} is not about to delete the node after all.`,
        }),
        toleration,
        wait(['Wait'], ['Nothing is under way that would end it.'], { tempting: true }),
        removal,
      ]
    case 'machine-off':
      return [...machineOff(found, off), removal]
    default:
      return [
        wait(
          waitTitle(found),
          words`${drain.stopping.length > 0 ? 'Pods there are still stopping' : 'The removal is under way'}; the alert ends with the ${plural(nodes.length, 'node', 'nodes')}.${waitEnd(found) ? '' : ` Usual time: ${known.lasts}.`}`,
        ),
        toleration,
        takeOff({
          tempting: true,
          why: words`${capital(tool)} acts on its own decision: the taint comes back, or the node goes all the same.`,
        }),
        removal,
      ]
  }
}

function unblock({ nodes, cases }: CaseGroup<DrainingNode>): RemedyDraft {
  const blockers = cases.flatMap(({ evidence }) => evidence.drain.blockers)
  const pods = [...new Set(blockers.map(({ pod }) => pod))]
  const [first] = blockers
  return {
    kind: 'unblock-drain',
    horizon: 'now',
    title: words`Let ${pods.length > 0 ? listed(pods) : names(nodes)} leave`,
    why: first
      ? words`${code(first.pod)}: ${first.why}. The node goes once nothing holds it.`
      : ['The tool that removes the node is not running: start it again.'],
    commands: pods.slice(0, 3).map((pod) => {
      const [namespace = '', name = ''] = pod.split('/')
      return `kubectl -n ${namespace} get pod ${name} -o wide; kubectl -n ${namespace} get pdb`
    }),
  }
}

function machineOff({ nodes }: CaseGroup<DrainingNode>, planned: boolean): readonly RemedyDraft[] {
  const there = nodes.map(({ name }) => name)
  const look: RemedyDraft = {
    kind: 'fix-node',
    horizon: 'now',
    title: words`See whether the ${plural(there.length, 'machine is', 'machines are')} gone for good`,
    why: [
      'If it is, delete the Node object and its pods go with it; if it was stopped by mistake, start it.',
    ],
    commands: [`kubectl delete node ${there.join(' ')}   # only if the machine is gone for good`],
    change: { kind: 'delete-node', nodes: there },
  }
  const waiting = wait(
    ['Wait: the machine is switched off'],
    ['No container runs there; the count ends when the machine starts or its Node object goes.'],
    { choice: !planned },
  )
  return planned ? [waiting, { ...look, choice: true }] : [look, waiting]
}

function waitTitle(found: CaseGroup<DrainingNode>): Words {
  const count = found.nodes.length
  const end = waitEnd(found)
  if (!end) return [`Wait until the ${plural(count, 'node is', 'nodes are')} gone`]
  return words`Wait: the ${plural(count, 'node', 'nodes')} should be gone by ${time(end)}`
}

/** When the last of the nodes should be gone; undefined where nothing says, or that has passed. */
function waitEnd({ facts, cases }: CaseGroup<DrainingNode>): string | undefined {
  const ends = cases.map(({ evidence }) => evidence.drain.until)
  const last = ends.every((end) => end !== undefined) ? [...ends].sort().at(-1) : undefined
  return last && Date.parse(last) > facts.index.now ? last : undefined
}

function goodOffers({ facts, nodes, cases }: CaseGroup<DrainingNode>): readonly RemedyDraft[] {
  const { taint, known } = cases[0].evidence
  if (known.tolerate === 'never')
    return [
      nothing(['No container runs on a machine that is off: a toleration would change nothing.']),
    ]
  if (!servesNode(facts.role)) {
    return [
      nothing([
        'Nothing shows that pods on a leaving node need it, so it may go first. A short count at each removal is normal.',
      ]),
      tolerate(facts, nodes, taint, {
        horizon: 'for-good',
        choice: true,
        why: ['Right if it has to work until the node is gone.'],
      }),
    ]
  }
  const toleration = tolerate(facts, nodes, taint, {
    horizon: 'for-good',
    why: words`Pods that drain still need it (it ${facts.role.evidence}). Then removals no longer raise this alert.`,
  })
  if (!helps(facts, toleration))
    return [
      nothing([
        'Something else is wrong on these nodes too, so a toleration alone ends nothing now.',
      ]),
      toleration,
    ]
  return [toleration]
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
