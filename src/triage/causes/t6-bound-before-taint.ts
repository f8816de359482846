import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import type { Recount } from '../../daemonset/recount.ts'
import type { Node, Taint } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import {
  code,
  joined,
  listed,
  names,
  nodeOrCount,
  plural,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { yamlItems, yamlUnder } from '../../words/yaml.ts'
import type { Case } from '../facts/facts.ts'
import {
  type DaemonSetFacts,
  type Misscheduling,
  type NodeFacts,
  wrongTaint,
} from '../facts/facts.ts'
import { MANAGED_FIELDS, REVISIONS } from '../facts/needs.ts'
import { roleTitle } from '../facts/role.ts'
import type { Cache } from '../facts/snapshot-index.ts'
import { together } from '../findings/cause.ts'
import {
  ADDED_LATER,
  askFirst,
  decideFirst,
  hidesManagedFields,
  JOINING_MS,
  openLine,
  unreadTolerations,
} from '../findings/open-history.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { ifStaying } from '../findings/staying.ts'
import { deletePods, infrastructureNote, removeTaint, waitForFix } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { taintedBy } from '../taints/taint-history.ts'
import { type Spread, spreadOf } from '../taints/taint-spread.ts'
import { tellingText } from '../taints/taint-value.ts'

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
  taint: (_, { taint }) => taint,
  variant: (_, { state }) => state,
  headline(incident) {
    const { who, many, isOpen } = incident
    const { nodes, keys } = together(incident)
    return words`${who} ${many ? 'were' : 'was'}${isOpen ? ' probably' : ''} bound to ${nodeOrCount(nodes)} before the ${plural(keys.length, 'taint', 'taints')} ${listed(keys, 2)} ${plural(keys.length, 'was', 'were')} added`
  },
  past(incident) {
    const { nodes, keys } = together(incident)
    return words`${incident.who} ${incident.many ? 'were' : 'was'} bound to ${nodeOrCount(nodes)} before the ${plural(keys.length, 'taint', 'taints')} ${listed(keys, 2)} ${plural(keys.length, 'was', 'were')} added`
  },
  explain(group) {
    const { facts, nodes, cases, variant } = group
    const { taint } = cases[0].evidence
    const isOpen = cases.some((one) => othersOf(one).length > 0)
    return {
      isOpen,
      summary: words`${code(facts.name)} was${isOpen ? ' probably' : ''} bound to ${names(nodes)} before ${code(tellingText(facts.index, taint))} was added.`,
      ifIgnored: ifStaying(group),
      why: isOpen
        ? openWords(variant)
        : variant === 're-registered'
          ? words`The Node object is newer than the pod: the node came back under the same name, now with a taint. A kubelet runs what is bound to it, and ${code('NoSchedule')} removes nothing.`
          : words`The node joined without its taint and got the pod before the taint was added. ${code('NoSchedule')} removes nothing, so the pod stays.`,
      perNode: nodes.map(({ name, node }) => ({
        node: name,
        reason: words`${code(tellingText(facts.index, taint))}${isOpen ? '' : ' added after the pod'}${node.metadata.creationTimestamp ? words`, node created at ${time(node.metadata.creationTimestamp)}` : ''}`,
      })),
      evidence: [
        ...cases.slice(0, 5).map(evidence),
        ...cases
          .filter((one) => othersOf(one).length > 0)
          .slice(0, 3)
          .map((one) => openLine(one, [EARLY[one.evidence.state], ...othersOf(one)])),
      ],
      drafts: isOpen
        ? askFirst(drafts(group), decideFirst(group, ['managed-fields', 'revisions']))
        : drafts(group),
    }
  },
})

const EARLY: Readonly<Record<EarlyBinding['state'], Words>> = {
  'born-untainted': ['the pod was bound first, as the node joined (T6)'],
  're-registered': ['the node came back with the taint (T6)'],
}

/** The other causes that fit, because what would exclude them is missing. */
function othersOf(one: Case<EarlyBinding>): readonly Words[] {
  const templates = one.pod.current === undefined ? unreadTolerations(one) : []
  return hidesManagedFields(one) && taintedBy(one.node, one.evidence.taint) === undefined
    ? [ADDED_LATER, ...templates]
    : templates
}

function openWords(variant: string | null): Words {
  return variant === 're-registered'
    ? words`The Node object is newer than the pod: the node registered again under the same name. Whether it came back with the taint, or got it later, is unknown.`
    : words`The pod was bound within 2 min of its node joining, and other nodes with this taint have no pod. When the taint was added is unknown.`
}

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
    return isAddedLater(node, taint, joined)
      ? undefined
      : { taint, state: 're-registered', spread, without }
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
  return (
    !isAddedLater(node, taint, joined) && without > 0 && without >= (spread.tainted.length - 1) / 2
  )
}

/**
 * Whether the taint was added after the node had settled. A later write by a person shows it; one by
 * a controller may have changed another taint of the list.
 */
function isAddedLater(node: NodeFacts, taint: Taint, joined: number): boolean {
  const tainted = taintedBy(node, taint)
  const isByHand = /^kubectl/.test(node.taintsWritten?.manager ?? '')
  return tainted !== undefined && tainted.at - joined > SETTLED_MS && (tainted.exact || isByHand)
}

/** How many nodes with the taint have no pod of the DaemonSet. */
function peersWithout(facts: DaemonSetFacts, { tainted }: Spread): number {
  if (tainted.length < 2) return 0
  // Every pod of a DaemonSet on a tainted pool asks the same.
  const known = facts.index.cached(PEERS, `${facts.namespace}/${facts.name}`, () => new Map())
  const count = known.get(tainted) ?? countWithout(facts.recount, tainted)
  known.set(tainted, count)
  return count
}

const PEERS: Cache<Map<readonly Node[], number>> = {}

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
  return words`${code(node.name)}: created at ${time(node.node.metadata.creationTimestamp ?? '')}${alone}; pod ${code(pod.name)} bound at ${time(bound)}`
}

function drafts({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<EarlyBinding>): readonly (RemedyDraft | undefined)[] {
  const { taint } = cases[0].evidence
  const isOpen = cases.some((one) => othersOf(one).length > 0)
  const note = infrastructureNote(facts)
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: [
        isOpen
          ? 'Right if the pool is meant to have this taint. The controller will not recreate it.'
          : 'It got there through a race. The controller keeps it off such nodes and will not recreate it.',
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
      ...(isOpen
        ? { choice: true, why: ['Right only if the taint is a mistake.'] }
        : { tempting: true, why: ['The pool is meant to have this taint.'] }),
    }),
    {
      kind: 'register-with-taints',
      horizon: 'for-good',
      title: ['Register nodes with their taints'],
      why: words`${isOpen ? 'If the pod was bound first: without it,' : 'Otherwise'} each new node of the pool can get ${roleTitle(facts.role)} pod in the same way. Set them in the node pool, or with the kubelet's ${code('--register-with-taints')}.`,
      snippet: registerWithTaints(taint),
      place: ['In the configuration of the node pool or of its kubelets, not in the DaemonSet.'],
    },
  ]
}

function registerWithTaints({ key, value, effect }: Taint): string {
  const lines = yamlUnder('registerWithTaints', yamlItems([{ key, value, effect }]))
  return `# KubeletConfiguration\n${lines.join('\n')}\n`
}
