import type { Reason } from '../../daemonset/decide.ts'
import { type NodeVerdict, type Recount, recount } from '../../daemonset/recount.ts'
import { targetNodeName } from '../../daemonset/target-node.ts'
import type {
  Condition,
  ControllerRevision,
  DaemonSet,
  Node,
  Pod,
  Taint,
} from '../../kubernetes/objects.ts'
import type { Owner } from '../../ownership/ownership.ts'
import { ownerOf } from '../../ownership/ownership.ts'
import type { Context } from './context.ts'
import { type LastWriter, lastWriter } from './last-writer.ts'
import { type PodFacts, podFacts } from './pod-facts.ts'
import { type Role, roleOf } from './role.ts'
import { namespaceOf, type SnapshotIndex } from './snapshot-index.ts'

/** A node that has pods of the DaemonSet and should have none. */
export interface NodeFacts {
  readonly name: string
  readonly node: Node
  readonly verdict: NodeVerdict
  /** Class P: the controller deletes what is there. Otherwise (class T) it leaves the pods for ever. */
  readonly controllerDeletes: boolean
  readonly pods: readonly PodFacts[]
  readonly ready: Condition | undefined
  /** Of the whole taint list: nothing in managedFields speaks of one taint. */
  readonly taintsWritten: LastWriter | undefined
}

/** Everything a cause may look at for one DaemonSet. */
export interface DaemonSetFacts {
  readonly index: SnapshotIndex
  readonly context: Context
  readonly daemonSet: DaemonSet
  readonly namespace: string
  readonly name: string
  readonly recount: Recount
  /** The misscheduled ones. */
  readonly nodes: readonly NodeFacts[]
  /** Newest first. */
  readonly revisions: readonly ControllerRevision[]
  readonly role: Role
  readonly owner: Owner
}

/** A wrong pod and one reason why it is wrong there. What a cause explains. */
export interface Misscheduling {
  readonly facts: DaemonSetFacts
  readonly node: NodeFacts
  readonly pod: PodFacts
  readonly reason: Reason
}

/** The taint that a misscheduling is about, of class T; undefined where its reason is another. */
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

export function factsOf(
  daemonSet: DaemonSet,
  index: SnapshotIndex,
  context: Context,
): DaemonSetFacts {
  const counted = recount(daemonSet, index.world)
  const wrong = counted.nodes.filter(({ misscheduled }) => misscheduled)
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
  }
}

/** Whether a pod was made from the current template: by its hash, else by its generation, else by the youngest pod's hash. */
export function currentTest(
  daemonSet: DaemonSet,
  revisions: readonly ControllerRevision[],
  pods: readonly Pod[],
): (pod: Pod) => boolean | undefined {
  const hash = revisions[0]?.metadata.labels?.['controller-revision-hash']
  if (hash) return (pod) => hashOf(pod) === hash
  const generation = daemonSet.metadata.annotations?.['deprecated.daemonset.template.generation']
  if (generation && pods.some((pod) => pod.metadata.labels?.['pod-template-generation'])) {
    return (pod) => pod.metadata.labels?.['pod-template-generation'] === generation
  }
  // All alike may be all old: only a pod that differs from a younger one is known to be old.
  if (new Set(pods.map(hashOf).filter((one) => one !== undefined)).size < 2) return () => undefined
  const youngest = pods.reduce<Pod | undefined>(
    (best, pod) => (best && createdAt(best) >= createdAt(pod) ? best : pod),
    undefined,
  )
  return (pod) => (youngest && hashOf(pod) !== hashOf(youngest) ? false : undefined)
}

function nodeFacts(
  daemonSet: DaemonSet,
  index: SnapshotIndex,
  counted: Recount,
  wrong: readonly NodeVerdict[],
  revisions: readonly ControllerRevision[],
): readonly NodeFacts[] {
  const isCurrent = currentTest(daemonSet, revisions, counted.claimed)
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

function hashOf(pod: Pod): string | undefined {
  return pod.metadata.labels?.['controller-revision-hash']
}

function createdAt(pod: Pod): number {
  return Date.parse(pod.metadata.creationTimestamp ?? '') || 0
}
