import { decide, placementOf, type Reason } from '../../daemonset/decide.ts'
import type { ControllerRevision, DaemonSet, Node } from '../../kubernetes/objects.ts'
import type { DaemonSetFacts } from './facts.ts'

/** Whether a reason is of the template's selector, affinity or nodeName. */
export function isSelection({ type }: Reason): boolean {
  return type === 'NodeSelector' || type === 'NodeAffinity' || type === 'NodeName'
}

/** The newest older revision by whose selector and affinity the node is right, although by the current ones it is not. */
export function earlierPlacement(
  { daemonSet, revisions }: DaemonSetFacts,
  node: Node,
): ControllerRevision | undefined {
  return revisions.slice(1).find(({ data }) => {
    const template = data?.spec?.template
    return (
      template !== undefined &&
      selects({ ...daemonSet, spec: { ...daemonSet.spec, template } }, node)
    )
  })
}

function selects(daemonSet: DaemonSet, node: Node): boolean {
  return !decide(placementOf(daemonSet), node).reasons.some(isSelection)
}

/** The label keys that fail in these reasons, in the order in which they are named. */
export function failingKeys(reason: Reason): readonly string[] {
  if (reason.type === 'NodeSelector') return [reason.key]
  if (reason.type !== 'NodeAffinity') return []
  return [
    ...new Set(
      reason.terms.flatMap(({ failing }) =>
        failing.filter(({ field }) => !field).map(({ key }) => key),
      ),
    ),
  ]
}
