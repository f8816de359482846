import { isDeepStrictEqual } from 'node:util'
import { matchesLabelSelector } from '../../src/daemonset/label-selector.ts'
import { controllerRef } from '../../src/daemonset/pod-state.ts'
import { recount } from '../../src/daemonset/recount.ts'
import { worldOf } from '../../src/daemonset/world.ts'
import type { DaemonSet, Node, Pod } from '../../src/kubernetes/objects.ts'
import type { Change, ObjectStore } from './object-store.ts'

/**
 * The DaemonSets that the controller of this version looks at after a write. From 1.33 on it overlooks node changes that leave a pod where it
 * is: a NoSchedule taint put under a running pod is not counted until something else happens to the DaemonSet, and up to the fix of
 * https://github.com/kubernetes/kubernetes/issues/132459 neither is one that is taken off.
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
      const near = all.filter(({ metadata }) => metadata.namespace === object.metadata.namespace)
      if (owner) return near.filter(({ metadata }) => metadata.uid === owner.uid)
      return near.filter(({ spec }) => matchesLabelSelector(spec.selector, object.metadata.labels))
    }
    case 'nodes':
      return after
        ? all.filter((daemonSet) =>
            seesNode(store, daemonSet, before as Node | undefined, after as Node, serverVersion),
          )
        : []
    default:
      return []
  }
}

function seesNode(
  store: ObjectStore,
  daemonSet: DaemonSet,
  before: Node | undefined,
  after: Node,
  serverVersion: string,
): boolean {
  const now = verdict(daemonSet, after)
  if (!before) return now.shouldRun
  const rule = nodeRule(serverVersion)
  if (rule === 'verdict changed') {
    const then = verdict(daemonSet, before)
    return (
      then.shouldRun !== now.shouldRun || then.shouldContinueRunning !== now.shouldContinueRunning
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
    rule === 'pod to make or delete, or counted' &&
    scheduled &&
    (daemonSet.status?.numberMisscheduled ?? 0) > 0
  )
}

type NodeRule = 'verdict changed' | 'pod to make or delete' | 'pod to make or delete, or counted'

function nodeRule(serverVersion: string): NodeRule {
  const [, minor = '35', patch = '0'] = /^v?1\.(\d+)(?:\.(\d+))?/.exec(serverVersion) ?? []
  if (Number(minor) < 33) return 'verdict changed'
  const fixed = { '33': 6, '34': 1 }[minor] ?? 0
  return Number(patch) < fixed ? 'pod to make or delete' : 'pod to make or delete, or counted'
}

function verdict(daemonSet: DaemonSet, node: Node) {
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
