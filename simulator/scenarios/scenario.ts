import type { LocalAlertmanager } from '../alertmanager/start-alertmanager.ts'
import type { ClusterObject, SimulatedCluster } from '../cluster/start-cluster.ts'

/** A situation to try the product in: a cluster in trouble, and what can happen to it. */
export interface Scenario {
  readonly id: string
  readonly title: string
  /** Two or three sentences: what has happened, and what to look at. */
  readonly about: string
  /** Of the API server; it decides what the DaemonSet controller overlooks. */
  readonly version?: string
  /** The cluster as it is at this moment. */
  readonly objects: (now: Date) => readonly ClusterObject[]
  /** What goes on by itself from the start. */
  readonly begin?: (stage: Stage) => void
  readonly controls: readonly Control[]
}

/** A button beside the channel: something that happens to the cluster. */
export interface Control {
  readonly id: string
  readonly label: string
  /** One sentence: what it does. */
  readonly about: string
  /** Absent: it can always be pressed. */
  readonly isOffered?: (stage: Stage) => boolean
  /** Returns what has happened, in one sentence. */
  readonly act: (stage: Stage) => string | Promise<string>
}

export interface Stage {
  readonly cluster: SimulatedCluster
  readonly alertmanager: LocalAlertmanager
}
