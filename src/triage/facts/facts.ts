import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import type { Reason } from '../../daemonset/decide.ts'
import type { Prediction } from '../../daemonset/predict.ts'
import { type NodeVerdict, type Recount, recount } from '../../daemonset/recount.ts'
import type {
  Condition,
  ControllerRevision,
  DaemonSet,
  Node,
  Pod,
  Taint,
} from '../../kubernetes/objects.ts'
import { type Owner, ownerOf } from '../../ownership/ownership.ts'
import { type LastWriter, lastWriter } from './managed-fields.ts'
import { currentTemplateTest, type PodFacts, podFacts } from './pod-facts.ts'
import { type Role, roleOf } from './role.ts'
import { namespaceOf, type SnapshotIndex } from './snapshot-index.ts'

/** What the caller knows besides the snapshot. */
export interface Context {
  /** The name of this cluster in the bot's configuration. */
  readonly cluster?: string
  /**
   * Somebody asked about this DaemonSet, so a healthy one gets a finding too. `diagnose` sets it.
   */
  readonly asked?: boolean
  /** The alert that triggered the diagnosis. */
  readonly alert?: {
    /** Its `cluster` label. */
    readonly cluster?: string
    /** RFC 3339: since when it is firing. */
    readonly startsAt?: string
  }
}

/** A node that has pods of the DaemonSet and should have none. */
export interface NodeFacts {
  readonly name: string
  readonly node: Node
  readonly verdict: NodeVerdict
  /**
   * true (class P): the controller deletes the pods. false (class T): it leaves them running
   * forever.
   */
  readonly controllerDeletes: boolean
  readonly pods: readonly PodFacts[]
  readonly ready: Condition | undefined
  /** Last writer of the whole taint list; managedFields do not track single taints. */
  readonly taintsWritten: LastWriter | undefined
}

/** Everything that the causes look at for one DaemonSet. */
export interface DaemonSetFacts {
  readonly index: SnapshotIndex
  readonly context: Context
  readonly daemonSet: DaemonSet
  readonly namespace: string
  readonly name: string
  readonly recount: Recount
  /** The misscheduled ones. */
  readonly nodes: readonly NodeFacts[]
  /** Newest first; empty if nothing is misscheduled. */
  readonly revisions: readonly ControllerRevision[]
  readonly role: Role
  readonly owner: Owner
  /** Predictions made so far, by change as JSON. */
  readonly predictions: Map<string, Prediction>
}

/** A misscheduled pod and one reason for it. A cause explains this. */
export interface Misscheduling {
  readonly facts: DaemonSetFacts
  readonly node: NodeFacts
  readonly pod: PodFacts
  readonly reason: Reason
}

/** A misscheduled pod with the evidence that a cause found for it. */
export interface Case<E> extends Misscheduling {
  readonly evidence: E
}

/** The misschedulings of one DaemonSet that share a cause. */
export interface Cases<E> {
  readonly facts: DaemonSetFacts
  readonly cases: readonly [Case<E>, ...Case<E>[]]
  /** Without duplicates, in the snapshot's order. */
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}

/** The NoSchedule taint that a misscheduling is about; undefined if its reason is another. */
export function wrongTaint({ reason }: Misscheduling): Taint | undefined {
  if (reason.type !== 'UntoleratedTaint' || reason.effect !== 'NoSchedule') return undefined
  const { key, value, effect, timeAdded } = reason
  return {
    key,
    effect,
    ...(value !== undefined && { value }),
    ...(timeAdded !== undefined && { timeAdded }),
  }
}

/** Recounts the DaemonSet and collects the facts about its misscheduled nodes and pods. */
export function factsOf(
  daemonSet: DaemonSet,
  index: SnapshotIndex,
  context: Context,
): DaemonSetFacts {
  const counted = recount(daemonSet, index.world)
  const wrong = counted.wrongNodes.filter(({ misscheduled }) => misscheduled)
  const revisions = wrong.length > 0 ? index.revisionsOf(daemonSet) : []
  return {
    index,
    context,
    daemonSet,
    namespace: namespaceOf(daemonSet),
    name: daemonSet.metadata.name,
    recount: counted,
    nodes: wrong.length > 0 ? nodeFacts(daemonSet, index, counted, wrong, revisions) : [],
    revisions,
    role: roleOf(daemonSet),
    owner: ownerOf(daemonSet),
    predictions: new Map(),
  }
}

function nodeFacts(
  daemonSet: DaemonSet,
  index: SnapshotIndex,
  counted: Recount,
  wrong: readonly NodeVerdict[],
  revisions: readonly ControllerRevision[],
): readonly NodeFacts[] {
  const isCurrent = currentTemplateTest(daemonSet, revisions, counted.claimed)
  const pods = new Map<string, Pod[]>()
  for (const pod of counted.claimed) {
    const target = targetNodeName(pod)
    if (target) pods.set(target, [...(pods.get(target) ?? []), pod])
  }
  return wrong.flatMap((verdict) => {
    const node = index.node(verdict.name)
    if (!node) return []
    const names = new Set(verdict.pods)
    return {
      name: verdict.name,
      node,
      verdict,
      controllerDeletes: !verdict.shouldContinueRunning,
      pods: (pods.get(verdict.name) ?? [])
        .filter((pod) => names.has(pod.metadata.name))
        .map((pod) => podFacts(pod, index.now, isCurrent)),
      ready: node.status?.conditions?.find(({ type }) => type === 'Ready'),
      taintsWritten: lastWriter(node.metadata, ['f:spec', 'f:taints']),
    }
  })
}
