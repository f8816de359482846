import type { SimulatedAlertmanager } from '../alertmanager/start-alertmanager.ts'
import type { ClusterObject, SimulatedCluster } from '../cluster/start-cluster.ts'

/** A cluster with misscheduled pods, and what the demo can do to it. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** Two or three sentences: what happened, and what to look at. */
  readonly description: string
  /** Kubernetes version. It decides which changes the DaemonSet controller misses. */
  readonly version?: string
  /** The objects in the cluster at the start. */
  readonly objects: (now: Date) => readonly ClusterObject[]
  /** Called once, when the cluster is running. */
  readonly start?: (simulation: Simulation) => void
  readonly controls: readonly Control[]
}

/** A button beside the channel that does something to the cluster. */
export interface Control {
  readonly id: string
  readonly label: string
  /** One sentence: what the button does. */
  readonly description: string
  /** Absent: always available. */
  readonly isAvailable?: (simulation: Simulation) => boolean
  /** Returns one sentence that says what happened. */
  readonly run: (simulation: Simulation) => string | Promise<string>
}

/** The simulated environment of the bot. */
export interface Simulation {
  readonly cluster: SimulatedCluster
  readonly alertmanager: SimulatedAlertmanager
}
