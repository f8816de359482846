import type {
  ControllerRevision,
  DaemonSet,
  FeatureGates,
  Namespace,
  Node,
  Pod,
} from '../kubernetes/objects.ts'
import { type Decision, decide, placementOf } from './decide.ts'
import { namespaceSelector } from './namespace-selector.ts'
import { nodeShapes } from './node-shapes.ts'

/** The controller's decision on each node of the world, by the node's place in it. Nodes that it cannot tell apart share one decision. */
export function judge(daemonSet: DaemonSet, world: World): (index: number) => Decision {
  const selector = namespaceSelector(daemonSet.metadata.namespace, world)
  const placement = placementOf(daemonSet, world.featureGates, selector)
  const { of, samples } = nodeShapes(world.nodes, placement)
  const decisions = samples.map((node) => decide(placement, node))
  return (index) => {
    const decision = decisions[of[index] ?? -1]
    if (!decision) throw new RangeError(`There is no node at ${index}`)
    return decision
  }
}
/** What the decision rests on. Each list is indexed once: pass the same arrays for every DaemonSet of a snapshot, and never change one that was passed. */
export interface World {
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  readonly namespaces?: readonly Namespace[]
  readonly defaultNodeSelector?: string
  readonly featureGates?: FeatureGates
  /** `v1.26.3`: before 1.27 a pod that has ended and is being deleted still counts. Unknown is taken for newer. */
  readonly serverVersion?: string
  /** Only for what is deleted under maxSurge. */
  readonly controllerRevisions?: readonly ControllerRevision[]
  /** RFC 3339, for minReadySeconds. */
  readonly now: string
}
