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
  /** What a visitor does, in this order. The last step is done when the alert is over. */
  readonly steps: readonly Step[]
}

/** One step of the guide. */
export interface Step {
  /** An imperative of a few words. */
  readonly label: string
  /** How to do it, in one or two sentences. */
  readonly how: string
  /** Id of the control that does it; absent: a button of the message does. */
  readonly control?: string
  /** Absent, except in the last step: only the visitor knows. */
  readonly isDone?: (simulation: Simulation) => boolean
}

/** Whether anybody has silenced an alert. */
export function isSilenced({ alertmanager }: Simulation): boolean {
  return alertmanager.silences.list([]).length > 0
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
