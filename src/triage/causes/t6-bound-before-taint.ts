import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import type { Recount } from '../../daemonset/recount.ts'
import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, joined, names, nodeOrCount, time, type Words, words } from '../../words/words.ts'
import { yamlItems, yamlUnder } from '../../words/yaml.ts'
import type { Case } from '../facts/facts.ts'
import { type DaemonSetFacts, type Misscheduling, wrongTaint } from '../facts/facts.ts'
import { MANAGED_FIELDS, REVISIONS } from '../facts/needs.ts'
import { roleTitle } from '../facts/role.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { deletePods, infrastructureNote, removeTaint, waitForFix } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintedBy } from '../taints/taint-history.ts'
import { type Spread, spreadOf } from '../taints/taint-spread.ts'
import { taintText } from '../taints/taints.ts'

interface EarlyBinding {
  readonly taint: Taint
  /**
   * `re-registered`: the pod is older than the Node object. `born-untainted`: it was bound after
   * the node joined and before the taint was added.
   */
  readonly state: 're-registered' | 'born-untainted'
  readonly spread: Spread
  /** How many nodes with the same taint have no pod of the DaemonSet. */
  readonly without: number
}

/**
 * The pod was bound before the taint was added: the node joined untainted, or came back under the
 * same name. A kubelet runs what is bound to it, whatever a NoSchedule taint says.
 */
export const boundBeforeTaint = defineCause<EarlyBinding>({
  id: 'T6',
  cause: 'bound-before-taint',
  title: 'The pod was bound before the taint was added, when the node joined',
  needs: [MANAGED_FIELDS, REVISIONS],
  explains: 'history',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint && earlyBinding(misscheduling, taint)
  },
  key: (_, { taint }) => taint.key,
  variant: (_, { state }) => state,
  headline: ({ nodes, who, key, many }) =>
    words`${who} ${many ? 'were' : 'was'} bound to ${nodeOrCount(nodes)} before the taint ${code(key ?? '')} was added`,
  explain(group) {
    const { facts, nodes, cases, variant } = group
    const { taint } = cases[0].evidence
    return {
      summary: words`${code(facts.name)} was bound to ${names(nodes)} before ${code(taintText(taint))} was added.`,
      why:
        variant === 're-registered'
          ? words`The Node object is newer than the pod: the node came back under the same name, now with a taint. A kubelet runs what is bound to it, and ${code('NoSchedule')} removes nothing.`
          : words`The node joined without its taint and got the pod before the taint was added. ${code('NoSchedule')} removes nothing, so the pod stays.`,
      perNode: nodes.map(({ name, node }) => ({
        node: name,
        reason: words`${code(taintText(taint))} added after the pod${node.metadata.creationTimestamp ? words`, node created at ${time(node.metadata.creationTimestamp)}` : ''}`,
      })),
      evidence: cases.slice(0, 5).map(evidence),
      drafts: drafts(group),
    }
  },
})

/** How long after a node joins its taints may still be missing. */
const JOINING_MS = 2 * 60_000
/** A taint list last written within this time after the node joined was written for the joining. */
const SETTLED_MS = 10 * 60_000

function earlyBinding(misscheduling: Misscheduling, taint: Taint): EarlyBinding | undefined {
  const { facts, node, pod } = misscheduling
  const joined = milliseconds(node.node.metadata.creationTimestamp)
  const bound = pod.bound ?? pod.created
  if (joined === undefined || bound === undefined || pod.state === 'unbound') return undefined
  const spread = spreadOf(facts.index, node.node, taint)
  const without = peersWithout(facts, spread)
  if (Math.min(bound, pod.created ?? bound) < joined)
    return { taint, state: 're-registered', spread, without }
  return isBornUntainted(misscheduling, { taint, spread, without, joined, bound })
    ? { taint, state: 'born-untainted', spread, without }
    : undefined
}

function isBornUntainted(
  { node }: Misscheduling,
  {
    taint,
    spread,
    without,
    joined,
    bound,
  }: Omit<EarlyBinding, 'state'> & { readonly joined: number; readonly bound: number },
): boolean {
  if (bound - joined > JOINING_MS) return false
  const tainted = taintedBy(node, taint)
  const isByHand = /^kubectl/.test(node.taintsWritten?.manager ?? '')
  // Peers with the taint and without the pod show that such nodes should have the taint. If other
  // nodes lack it, it was just added.
  if (tainted !== undefined && tainted.at >= bound && tainted.at - joined <= SETTLED_MS)
    return without > 0 || (spread.total === 1 && !isByHand)
  // A later write by a person shows that the taint was added later. A later write by a controller
  // may have changed another taint of the list.
  const isLater =
    tainted !== undefined && tainted.at - joined > SETTLED_MS && (tainted.exact || isByHand)
  return !isLater && without > 0 && without >= (spread.tainted.length - 1) / 2
}

/** How many nodes with the taint have no pod of the DaemonSet. */
function peersWithout({ recount }: DaemonSetFacts, { tainted }: Spread): number {
  if (tainted.length < 2) return 0
  const known = peers.get(recount) ?? new Map<readonly Node[], number>()
  peers.set(recount, known)
  const count = known.get(tainted) ?? countWithout(recount, tainted)
  known.set(tainted, count)
  return count
}

// Every pod of a DaemonSet on a tainted pool asks the same.
const peers = new WeakMap<Recount, Map<readonly Node[], number>>()

function countWithout({ claimed }: Recount, tainted: readonly Node[]): number {
  const taken = new Set(claimed.map(targetNodeName))
  return tainted.filter(({ metadata }) => !taken.has(metadata.name)).length
}

function evidence({ node, pod, evidence: { spread, without } }: Case<EarlyBinding>): Words {
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
  return words`${code(node.name)}: created at ${time(node.node.metadata.creationTimestamp ?? '')}, pod ${code(pod.name)} bound at ${time(bound)}${alone}`
}

function drafts({
  facts,
  nodes,
  pods,
  cases: [
    {
      evidence: { taint },
    },
  ],
}: CaseGroup<EarlyBinding>): readonly (RemedyDraft | undefined)[] {
  const note = infrastructureNote(facts)
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: [
        'It got there through a race. The controller keeps it off such nodes and will not recreate it.',
      ],
    }),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      ...(note.length === 0 && { choice: true }),
      why: joined([['Right if it should run on all such nodes after all.'], note]),
    }),
    waitForFix(facts, ['Nothing ends it: the taint and the pod both stay.']),
    removeTaint(nodes, taint, {
      horizon: 'now',
      tempting: true,
      why: ['The pool is meant to have this taint.'],
    }),
    {
      kind: 'register-with-taints',
      horizon: 'for-good',
      title: ['Register nodes with their taints'],
      why: words`Otherwise each new node of the pool can get ${roleTitle(facts.role)} pod in the same way. Set them in the node pool, or with the kubelet's ${code('--register-with-taints')}.`,
      snippet: registerWithTaints(taint),
    },
  ]
}

function registerWithTaints({ key, value, effect }: Taint): string {
  const lines = yamlUnder('registerWithTaints', yamlItems([{ key, value, effect }]))
  return `# KubeletConfiguration\n${lines.join('\n')}\n`
}
