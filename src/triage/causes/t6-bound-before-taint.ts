import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import type { Recount } from '../../daemonset/recount.ts'
import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, joined, listed, names, time, type Words, words } from '../../words/words.ts'
import type { Case } from '../facts/facts.ts'
import { type DaemonSetFacts, type Misscheduling, wrongTaint } from '../facts/facts.ts'
import { REVISIONS } from '../facts/needs.ts'
import { roleTitle } from '../facts/role.ts'
import { defineCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, removeTaint, waitForFix } from '../remedies/drafts.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintedBy } from '../taints/taint-history.ts'
import { type Spread, spreadOf } from '../taints/taint-spread.ts'
import { taintText } from '../taints/taints.ts'

interface Birth {
  readonly taint: Taint
  /** `re-registered`: the pod is older than the Node object. `born-untainted`: it came in the moments before the taint. */
  readonly state: 're-registered' | 'born-untainted'
  readonly spread: Spread
  /** Nodes with the same taint and no pod of the DaemonSet. */
  readonly without: number
}

/** The pod was bound before the taint came: the node joined untainted, or came back under the same name. Kubelets run what is bound, whatever NoSchedule says. */
export const boundBeforeTaint = defineCause<Birth>({
  id: 'T6',
  cause: 'bound-before-taint',
  title: 'The pod was bound before the taint came, at the birth of the node',
  needs: [REVISIONS],
  explains: 'history',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint && birth(misscheduling, taint)
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { state }) => state,
  headline: ({ nodes, who, key }) =>
    words`${who} got onto ${nodes.length === 1 ? listed(nodes) : `${nodes.length} nodes`} before the taint ${code(key ?? '')} came`,
  explain({ facts, nodes, pods, cases, variant }) {
    const { taint } = cases[0].evidence
    const again = variant === 're-registered'
    return {
      summary: words`${code(facts.name)} was bound to ${names(nodes)} before ${code(taintText(taint))} came.`,
      why: again
        ? words`The Node object is younger than the pod: the node came back under the same name, now with a taint. A kubelet runs what is bound to it, and ${code('NoSchedule')} removes nothing.`
        : words`The node joined without its taint and got the pod in the moments before the taint came. ${code('NoSchedule')} removes nothing, so the pod stays.`,
      perNode: nodes.map(({ name, node }) => ({
        node: name,
        reason: words`${code(taintText(taint))} came after the pod${node.metadata.creationTimestamp ? words`, node made at ${time(node.metadata.creationTimestamp)}` : ''}`,
      })),
      evidence: cases.slice(0, 5).map(evidence),
      drafts: [
        deletePods(facts, pods, {
          horizon: 'now',
          why: [
            'It got there by a race; the controller keeps it off such nodes and will not make it again.',
          ],
        }),
        tolerate(facts, nodes, taint, {
          horizon: 'now',
          ...(infrastructureNote(facts).length === 0 && { choice: true }),
          why: joined([
            ['Right if it should run on all such nodes after all.'],
            infrastructureNote(facts),
          ]),
        }),
        waitForFix(facts, ['Nothing ends it: the taint and the pod both stay.']),
        removeTaint(nodes, taint, {
          horizon: 'now',
          tempting: true,
          why: ['The taint is how the pool is meant to be.'],
        }),
        {
          kind: 'register-with-taints',
          horizon: 'for-good',
          title: ['Let nodes be born with their taints'],
          why: words`Otherwise each new node of the pool can catch ${roleTitle(facts.role)} pod in the same way. Set them in the node pool, or with the kubelet's ${code('--register-with-taints')}.`,
          snippet: `registerWithTaints:   # KubeletConfiguration\n  - key: ${taint.key}\n${taint.value ? `    value: ${JSON.stringify(taint.value)}\n` : ''}    effect: ${taint.effect}\n`,
        },
      ],
    }
  },
})

/** Moments after the birth of a node in which its taints may be still to come. */
const BIRTH = 2 * 60_000
/** A taint list last written this long after the birth was written for it. */
const SETTLED = 10 * 60_000

function birth({ facts, node, pod }: Misscheduling, taint: Taint): Birth | undefined {
  const born = milliseconds(node.node.metadata.creationTimestamp)
  const bound = pod.bound ?? pod.created
  if (born === undefined || bound === undefined || pod.state === 'unbound') return undefined
  const spread = spreadOf(facts.index, node.node, taint)
  const without = peersWithout(facts, spread)
  if (Math.min(bound, pod.created ?? bound) < born)
    return { taint, state: 're-registered', spread, without }
  if (bound - born > BIRTH) return undefined
  const tainted = taintedBy(node, taint)
  const atBirth = tainted !== undefined && tainted.at >= bound && tainted.at - born <= SETTLED
  const byHand = /^kubectl/.test(node.taintsWritten?.manager ?? '')
  // Peers with the taint and without the pod show that such nodes are meant to have it. Where other nodes lack it, it was just put there.
  if (atBirth)
    return without > 0 || (spread.total === 1 && !byHand)
      ? { taint, state: 'born-untainted', spread, without }
      : undefined
  // A person's later write says that the taint came later; a controller's may only have moved the list to its name.
  const later = tainted !== undefined && tainted.at - born > SETTLED && (tainted.exact || byHand)
  return !later && without > 0 && without >= (spread.tainted.length - 1) / 2
    ? { taint, state: 'born-untainted', spread, without }
    : undefined
}

/** Nodes with the taint that have no pod of the DaemonSet. */
function peersWithout({ recount }: DaemonSetFacts, { tainted }: Spread): number {
  if (tainted.length < 2) return 0
  const known = peers.get(recount) ?? new Map<readonly Node[], number>()
  peers.set(recount, known)
  const counted = known.get(tainted) ?? countWithout(recount, tainted)
  known.set(tainted, counted)
  return counted
}

// Every pod of a DaemonSet on a tainted pool asks the same.
const peers = new WeakMap<Recount, Map<readonly Node[], number>>()

function countWithout({ claimed }: Recount, tainted: readonly Node[]): number {
  const taken = new Set(claimed.map(targetNodeName))
  return tainted.filter(({ metadata }) => !taken.has(metadata.name)).length
}

function evidence({ node, pod, evidence: { spread, without } }: Case<Birth>): Words {
  const bound =
    pod.pod.status?.conditions?.find(
      ({ type, status }) => type === 'PodScheduled' && status === 'True',
    )?.lastTransitionTime ??
    pod.pod.metadata.creationTimestamp ??
    ''
  const peers = spread.tainted.length - 1
  const alone =
    peers > 0
      ? words`; ${without} of the ${peers} other nodes with this taint have no pod of it`
      : ''
  return words`${code(node.name)}: made at ${time(node.node.metadata.creationTimestamp ?? '')}, pod ${code(pod.name)} bound at ${time(bound)}${alone}`
}
