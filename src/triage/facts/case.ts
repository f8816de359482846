import type { DaemonSetFacts, Misscheduling, NodeFacts } from './facts.ts'
import type { PodFacts } from './pod-facts.ts'

/** A misscheduled pod with the evidence that a cause found for it. */
export interface Case<E> extends Misscheduling {
  readonly evidence: E
}

/** Cases of one DaemonSet that share a cause. */
export interface Cases<E> {
  readonly facts: DaemonSetFacts
  readonly cases: readonly [Case<E>, ...Case<E>[]]
  /** Each once, in the snapshot's order. */
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
}
