import type { DaemonSet, Taint, Toleration } from '../kubernetes/objects.ts'
import type { Count, World } from './recount.ts'

/** A change to the world or to the template, tried before it is offered. */
export type Change =
  | { readonly kind: 'tolerate'; readonly tolerations: readonly Toleration[] }
  | { readonly kind: 'delete-pods'; readonly pods: readonly string[] }
  | { readonly kind: 'taint'; readonly nodes: readonly string[]; readonly taint: Taint }
  | { readonly kind: 'remove-taint'; readonly nodes: readonly string[]; readonly key: string; readonly effect?: string }
  | { readonly kind: 'delete-node'; readonly nodes: readonly string[] }
  | { readonly kind: 'recount' }

export interface Outcome {
  readonly before: Count
  readonly after: Count
  /** Nodes that are misscheduled before, after. */
  readonly misscheduledBefore: readonly string[]
  readonly misscheduledAfter: readonly string[]
  /** Nodes that would newly get a pod. */
  readonly gained: readonly string[]
  /** Pods that the controller deletes because of the change. */
  readonly lost: readonly string[]
  /** Pods that the roll-out of the changed template replaces; 0 under OnDelete. */
  readonly podsRestarted: number
}

export declare function predict(daemonSet: DaemonSet, world: World, change: Change): Outcome
