import { isDeepStrictEqual } from 'node:util'
import { matchesLabelSelector } from '../../../src/daemonset/label-selector.ts'
import { controllerRef } from '../../../src/daemonset/object-state.ts'
import { recount } from '../../../src/daemonset/recount.ts'
import { worldOf } from '../../../src/daemonset/world.ts'
import type { DaemonSet, Node, Pod } from '../../../src/kubernetes/objects.ts'
import type { Change, ObjectStore } from '../object-store.ts'

/**
 * The DaemonSets that a controller of this version syncs after a write. Since 1.33 it ignores a
 * node change that neither creates nor deletes a pod: a NoSchedule taint added to a node with a
 * running pod is not counted until something else changes the DaemonSet. Before the fix of
 * https://github.com/kubernetes/kubernetes/issues/132459 it also ignores the removal of such a
 * taint.
 */
export function daemonSetsToSync(
  store: ObjectStore,
  { resource, before, after }: Change,
  serverVersion: string,
): readonly DaemonSet[] {
  const object = after ?? before
  if (!object) return []
  const all = store.list('daemonsets')
  switch (resource) {
    case 'daemonsets':
      return after ? [after as DaemonSet] : []
    case 'pods':
    case 'controllerrevisions': {
      const owner = controllerRef(object)
      const inNamespace = all.filter(
        ({ metadata }) => metadata.namespace === object.metadata.namespace,
      )
      if (owner) return inNamespace.filter(({ metadata }) => metadata.uid === owner.uid)
      return inNamespace.filter(({ spec }) =>
        matchesLabelSelector(spec.selector, object.metadata.labels),
      )
    }
    case 'nodes':
      return after
        ? all.filter((daemonSet) =>
            isSyncedAfterNodeChange(
              store,
              daemonSet,
              before as Node | undefined,
              after as Node,
              serverVersion,
            ),
          )
        : []
    default:
      return []
  }
}

function isSyncedAfterNodeChange(
  store: ObjectStore,
  daemonSet: DaemonSet,
  before: Node | undefined,
  after: Node,
  serverVersion: string,
): boolean {
  const now = placement(daemonSet, after)
  if (!before) return now.shouldRun
  const rule = nodeRule(serverVersion)
  if (rule === 'placement changed') {
    const previous = placement(daemonSet, before)
    return (
      previous.shouldRun !== now.shouldRun ||
      previous.shouldContinueRunning !== now.shouldContinueRunning
    )
  }
  if (
    isDeepStrictEqual(before.metadata.labels, after.metadata.labels) &&
    isDeepStrictEqual(before.spec?.taints, after.spec?.taints)
  )
    return false
  const scheduled = store
    .list('pods', daemonSet.metadata.namespace)
    .some((pod) => isOn(pod, daemonSet, after))
  if ((now.shouldRun && !scheduled) || (!now.shouldContinueRunning && scheduled)) return true
  return (
    rule === 'pod to create or delete, or misscheduled' &&
    scheduled &&
    (daemonSet.status?.numberMisscheduled ?? 0) > 0
  )
}

/** Which node changes cause a sync. */
type NodeRule =
  | 'placement changed'
  | 'pod to create or delete'
  | 'pod to create or delete, or misscheduled'

function nodeRule(serverVersion: string): NodeRule {
  const [, minor = '35', patch = '0'] = /^v?1\.(\d+)(?:\.(\d+))?/.exec(serverVersion) ?? []
  if (Number(minor) < 33) return 'placement changed'
  const fixed = { '33': 6, '34': 1 }[minor] ?? 0
  return Number(patch) < fixed
    ? 'pod to create or delete'
    : 'pod to create or delete, or misscheduled'
}

function placement(daemonSet: DaemonSet, node: Node) {
  const [found] = recount(daemonSet, worldOf({ nodes: [node], pods: [], now: '' })).nodes
  return found ?? { shouldRun: false, shouldContinueRunning: false }
}

const isOn = (pod: Pod, { metadata }: DaemonSet, node: Node) => {
  const owner = controllerRef(pod)
  return (
    pod.spec?.nodeName === node.metadata.name &&
    owner?.kind === 'DaemonSet' &&
    owner.name === metadata.name
  )
}
