import type { IncidentState } from '../slack/incident-view.ts'
import type { AlertLinks } from '../store/store.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import type { Answer } from '../triage/remedies/remedy.ts'
import type { Resolution } from '../triage/resolution.ts'
import type { Words } from '../words/words.ts'

/**
 * What a round observed of one incident. Stored with the incident as JSON, so a click can render
 * and act without reading the cluster.
 */
export interface Observation {
  readonly state: IncidentState
  /** RFC 3339: the earliest `startsAt` of its alerts. */
  readonly since: string
  /** RFC 3339: when the incident closed. */
  readonly closed?: string
  readonly alerts: readonly {
    readonly namespace: string
    readonly name: string
    readonly firing: boolean
    readonly labels: Readonly<Record<string, string>>
    readonly links?: AlertLinks
  }[]
  readonly diagnoses: readonly Diagnosis[]
  /**
   * Why the cluster could not be read; the diagnoses are then those of the last round that could
   * read it.
   */
  readonly unreadable?: string
  /** RFC 3339: since when. */
  readonly unreadableSince?: string
  /** undefined: nothing was ever misscheduled. */
  readonly story?: Story
  /** What has been posted in the thread, so that each change is posted once. */
  readonly posted?: Posted
  /** RFC 3339: the last reply that was also sent to the channel. */
  readonly lastBroadcast?: string
  /** Whom the first message mentioned, in Slack's syntax; undefined before it was sent. */
  readonly mentions?: readonly string[]
  /**
   * DaemonSets, `namespace/name`, whose route's mention the first message left out because their
   * alert was silenced or inhibited. It is given once when that ends while the incident is open.
   */
  readonly quiet?: readonly string[]
  readonly relatedAlerts?: readonly RelatedAlert[]
  readonly history?: CountHistory
}

/**
 * What is remembered of an incident for when it is over: the diagnoses are then those of a healthy
 * DaemonSet.
 */
export interface Story {
  /** Id of the most urgent cause. */
  readonly cause: string
  /** The most misscheduled nodes that were seen with this cause. */
  readonly nodes: number
  /** "3 nodes were being scaled down", with all of these nodes. */
  readonly past: Words
  /** Those that were misscheduled, `namespace/name`. */
  readonly daemonSets: readonly string[]
  /** The lasting fix in a sentence; undefined if none is recommended. */
  readonly todo?: Words
  /** The same if the toleration was added from the message: where it has to go so that it lasts. */
  readonly todoAfterPatch?: Words
  readonly fixes: readonly LastingFix[]
  /** Set once it is over and the cluster shows what ended it. */
  readonly ended?: Resolution
}

/** YAML to copy, for the DaemonSets that share it. */
export interface LastingFix {
  /** `namespace/name`. */
  readonly daemonSets: readonly string[]
  readonly snippet: string
  /** A sentence. */
  readonly where: Words
  /** Which answer to "Does it belong on these nodes?" it carries out. */
  readonly answer?: Answer
}

/** The last state that was posted in the thread. */
export interface Posted {
  readonly state: IncidentState
  /** Ids of the findings. */
  readonly causes: readonly string[]
  /** Causes of the status that one reading showed, with its time (RFC 3339). Not posted yet. */
  readonly unconfirmed?: Readonly<Record<string, string>>
  /** Misscheduled nodes when growth was last broadcast; growth is measured from here. */
  readonly nodes: number
  /** The most misscheduled nodes that were posted. */
  readonly most?: number
  /** Names of the misscheduled nodes that were posted. */
  readonly shown?: readonly string[]
  /** DaemonSets whose alert has fired, `namespace/name`. A further one has joined. */
  readonly daemonSets?: readonly string[]
}

/** Another alert that fires for a node or a DaemonSet of the incident. */
export interface RelatedAlert {
  readonly alertname: string
  /** The node's name, or the DaemonSet's as `namespace/name`. */
  readonly subject: string
}

/**
 * How the count of one DaemonSet changed. Fixed for 15 minutes at a time, and so is the message's
 * text.
 */
export interface CountHistory {
  /** RFC 3339: the end of the window, a whole quarter of an hour. */
  readonly until: string
  /** `namespace/name`. */
  readonly daemonSet: string
  /** The recount at the time of the query; a different recount triggers a new query. */
  readonly count: number
  /**
   * The highest count in each quarter of an hour, oldest first; null without a sample. Empty:
   * Prometheus did not answer.
   */
  readonly counts: readonly (number | null)[]
  /**
   * RFC 3339: when the count took its latest value, to a quarter of an hour; undefined if that is
   * unknown.
   */
  readonly since?: string
}

/** The two sources on one DaemonSet: Alertmanager and the cluster. */
export interface Evidence {
  readonly alert: 'firing' | 'absent'
  /** Is the recount or the status above 0? undefined: the cluster could not be read. */
  readonly holds: boolean | undefined
}

/**
 * The state of an incident, from its DaemonSets. Alertmanager clears alerts that still hold
 * (kube-state-metrics or Prometheus restarted) and keeps alerts that no longer do, so it alone
 * opens or closes nothing. While the cluster is unreadable, nothing closes.
 */
export function incidentState(evidence: readonly Evidence[]): IncidentState {
  const states = evidence.map(stateOf)
  return precedence.find((candidate) => states.includes(candidate)) ?? 'closed'
}

const precedence: readonly IncidentState[] = ['open', 'unreadable', 'cleared', 'fixed', 'closed']

function stateOf({ alert, holds }: Evidence): IncidentState {
  if (holds === undefined) return 'unreadable'
  if (alert === 'firing') return holds ? 'open' : 'fixed'
  return holds ? 'cleared' : 'closed'
}

/**
 * Whether the alert's expression can be true: the recount or the status is above 0. A stale status
 * keeps the alert firing.
 */
export function countHolds(diagnosis: Diagnosis): boolean {
  return diagnosis.recount.numberMisscheduled > 0 || (diagnosis.status?.numberMisscheduled ?? 0) > 0
}

/** Names of all misscheduled nodes of the incident, each once, sorted. */
export function misscheduledNodes({ diagnoses }: Pick<Observation, 'diagnoses'>): string[] {
  const names = diagnoses.flatMap(({ nodes }) =>
    nodes.filter(({ misscheduled }) => misscheduled).map(({ name }) => name),
  )
  return [...new Set(names)].sort()
}

/** The diagnosis of one DaemonSet of the incident. */
export function diagnosisOf(
  { diagnoses }: Pick<Observation, 'diagnoses'>,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Diagnosis | undefined {
  return diagnoses.find((one) => one.namespace === namespace && one.name === name)
}
