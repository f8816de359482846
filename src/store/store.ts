/** An alert's own key. Never fingerprint or groupKey: those change when kube-state-metrics moves. */
export interface AlertKey {
  readonly cluster: string
  readonly alertname: string
  readonly namespace: string
  readonly daemonset: string
}

/** What a webhook or a poll says of one alert. It wakes the loop; it decides nothing. */
export interface AlertHint extends AlertKey {
  readonly status: 'firing' | 'resolved'
  readonly fingerprint: string
  /** RFC 3339 in UTC to the millisecond; empty where the sender gave none. */
  readonly startsAt: string
  /** When it ended, in the same form; of a resolved one only. */
  readonly endsAt?: string | undefined
  /** Alertmanager shows it, asked at this time (RFC 3339): it fires, whatever a webhook said before. What one has said since is newer. */
  readonly polledAt?: string
  /** All labels of the alert, for routing and for the silence's `cluster` matcher. */
  readonly labels: Readonly<Record<string, string>>
}

export interface AlertRow extends AlertKey {
  /** `absent`: every fingerprint seen is resolved, or the polls no longer show it. */
  readonly state: 'firing' | 'absent'
  readonly firstSeen: string
  readonly lastSeen: string
  readonly startsAt: string
  readonly fingerprints: Readonly<
    Record<string, { readonly startsAt: string; readonly resolved: boolean }>
  >
  readonly labels: Readonly<Record<string, string>>
  readonly incident: string | null
  /** Polls in a row that did not show it. */
  readonly absentPolls: number
  /** RFC 3339; null while anything is open about it. */
  readonly closed: string | null
}

export interface IncidentRow {
  readonly id: string
  readonly cluster: string
  readonly channel: string
  readonly root: string
  /** Slack's `ts` of the incident's own message. */
  readonly ts: string | null
  /** RFC 3339: a post was begun and its outcome is not known yet. */
  readonly posting: string | null
  /** Raised with each change; every change is conditional on it. */
  readonly rev: number
  /** Of the message last accepted by Slack; null where unknown, so that the next round publishes again. */
  readonly hash: string | null
  /** JSON: the view last diagnosed, from which a click renders. */
  readonly observation: string | null
  readonly opened: string
  readonly closed: string | null
}

export type ActionState = 'running' | 'active' | 'done' | 'failed' | 'refused' | 'ended'

/** The audit trail, which is also the lock: one of (incident, intent) may be `running` or `active`. */
export interface ActionRow {
  readonly id: string
  readonly incident: string
  /** What is to be true, e.g. `silence datadog/agent`, `patch datadog/agent`. */
  readonly intent: string
  /** JSON. */
  readonly parameters: string
  /** Slack user id. */
  readonly who: string
  /** RFC 3339. */
  readonly at: string
  readonly state: ActionState
  /** One sentence: what came of it. */
  readonly outcome: string | null
  /** JSON: what undoes or ends it. */
  readonly undo: string | null
  /** RFC 3339; past it a `running` action's outcome is found by looking. */
  readonly deadline: string
}

export type AlertChange = Partial<Pick<AlertRow, 'state' | 'incident' | 'absentPolls' | 'closed'>>
/** One alert and what becomes of it. */
export interface ChangedAlert {
  readonly alert: AlertKey
  readonly change: AlertChange
}

export type IncidentChange = Partial<
  Pick<IncidentRow, 'ts' | 'posting' | 'hash' | 'observation' | 'closed' | 'root'>
>
export type ActionChange = Partial<
  Pick<ActionRow, 'state' | 'outcome' | 'undo' | 'deadline' | 'parameters'>
>

/**
 * The one contract of SQLite, PostgreSQL and D1. Every change is a single conditional statement or one atomic batch: D1 has no
 * interactive transactions. All methods throw where the database cannot be reached or written.
 */
export interface Store {
  /** Creates what is missing of the tables. */
  migrate(): Promise<void>
  /** Writes something, for `/readyz`. */
  probe(): Promise<void>
  close(): Promise<void>

  /**
   * Stores hints durably, all or none. A firing hint opens the row or keeps it open (closed = null, absentPolls = 0), save one whose
   * (fingerprint, startsAt) was resolved less than 10 minutes ago: that is a late retry, unless it was polled since. A resolved hint makes the row
   * `absent` once no fingerprint fires; one whose alert began after that end fires on. A row that was closed begins anew and keeps `incident`.
   */
  saveHints(hints: readonly AlertHint[], now: string): Promise<void>
  /** Alerts that are not closed. */
  openAlerts(cluster: string): Promise<AlertRow[]>
  /** Closing alone (`closed` without `state`) leaves a row as it is that fires, since it does so only since the caller looked. */
  changeAlerts(changes: readonly ChangedAlert[]): Promise<void>

  openIncidents(cluster: string): Promise<IncidentRow[]>
  incident(id: string): Promise<IncidentRow | undefined>
  /** The newest closed one of this root, closed at or after `closedSince`. */
  recentlyClosed(
    cluster: string,
    channel: string,
    root: string,
    closedSince: string,
  ): Promise<IncidentRow | undefined>
  /** Inserts, or returns the open incident that already has this (cluster, channel, root). */
  openIncident(row: IncidentRow): Promise<IncidentRow>
  /**
   * Changes the row and raises `rev` if `rev` is still the one given; undefined if somebody was faster, which is also so where another open
   * one has the root that this one would open.
   */
  changeIncident(id: string, rev: number, change: IncidentChange): Promise<IncidentRow | undefined>

  /** Inserts; where another of the same (incident, intent) is `running` or `active`, that one is returned as `holder`. */
  beginAction(
    row: ActionRow,
  ): Promise<{ readonly begun: true } | { readonly begun: false; readonly holder: ActionRow }>
  /** Changes the row if its state is still `from`; false if it is not. */
  changeAction(id: string, from: ActionState, change: ActionChange): Promise<boolean>
  /** Of one incident, oldest first. */
  actions(incident: string): Promise<ActionRow[]>
  /** `running` ones past their deadline and all `active` ones, of every incident of the cluster. */
  pendingActions(cluster: string, now?: string): Promise<ActionRow[]>

  /** True if `holder` has the lease now; times are the database's own. */
  acquireLease(name: string, holder: string, seconds: number): Promise<boolean>
  releaseLease(name: string, holder: string): Promise<void>

  /** Deletes incidents closed before then, with their actions, and alerts closed before then. */
  forget(closedBefore: string): Promise<void>
}
