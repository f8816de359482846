import type { DaemonSet } from '../kubernetes/objects.ts'
import { type Decision, decide, placementOf } from './decide.ts'
import { namespaceSelector } from './namespace-selector.ts'
import { nodeShapes } from './node-shapes.ts'
import type { World } from './recount.ts'

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
