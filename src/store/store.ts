/**
 * The identity of an alert. It has no fingerprint and no groupKey: those change when
 * kube-state-metrics moves to another pod.
 */
export interface AlertKey {
  readonly cluster: string
  readonly alertname: string
  readonly namespace: string
  readonly daemonset: string
}

/** What a webhook or a poll says about an alert. It wakes the loop and decides nothing. */
export interface AlertHint extends AlertKey {
  readonly status: 'firing' | 'resolved'
  readonly fingerprint: string
  /** RFC 3339 in UTC, to the millisecond; empty if the sender gave none. */
  readonly startsAt: string
  /** The end of a resolved alert, in the same format. */
  readonly endsAt?: string | undefined
  /**
   * When Alertmanager's API was asked and listed the alert as firing (RFC 3339). Overrides every
   * webhook before that time.
   */
  readonly polledAt?: string
  /** Every label, for routes and for the `cluster` matcher of a silence. */
  readonly labels: Readonly<Record<string, string>>
  readonly links?: AlertLinks
}

/** Pages that the sender of an alert names, as it wrote them. */
export interface AlertLinks {
  /** The graph of the rule's expression (`generatorURL`). */
  readonly graph?: string
  /** Annotation `runbook_url`. */
  readonly runbook?: string
}

/** A stored alert. Times are RFC 3339. */
export interface AlertRow extends AlertKey {
  /** `absent`: every series of it is resolved, or polls no longer list it. */
  readonly state: 'firing' | 'absent'
  readonly firstSeen: string
  readonly lastSeen: string
  readonly startsAt: string
  readonly labels: Readonly<Record<string, string>>
  readonly links?: AlertLinks
  /** Id of its incident. */
  readonly incident: string | null
  /** Number of polls in a row that did not list it. */
  readonly absentPolls: number
  /** null: open. */
  readonly closed: string | null
}

/** A stored incident: one Slack message. Times are RFC 3339. */
export interface IncidentRow {
  readonly id: string
  readonly cluster: string
  readonly channel: string
  readonly root: string
  /** Slack's `ts` of the message. */
  readonly ts: string | null
  /** When a post was started whose result is not known yet. */
  readonly posting: string | null
  /** Increases with each change; a change is made only if it is still the one that was read. */
  readonly rev: number
  /** Of the message that Slack accepted last; null if unknown, so the next round posts it again. */
  readonly hash: string | null
  /** JSON of the last observation, from which a click is answered. */
  readonly observation: string | null
  readonly opened: string
  readonly closed: string | null
}

/** `running` and `active` (a silence that has not ended) lock the intent. */
export type ActionState = 'running' | 'active' | 'done' | 'failed' | 'refused' | 'ended'

/** A stored action: audit trail, and lock on its intent within the incident. Times are RFC 3339. */
export interface ActionRow {
  readonly id: string
  /** Id of its incident. */
  readonly incident: string
  /** `silence datadog/agent`, `patch datadog/agent`. */
  readonly intent: string
  /** JSON. */
  readonly parameters: string
  /** Slack user ID. */
  readonly who: string
  readonly at: string
  readonly state: ActionState
  /** One sentence: the result. */
  readonly outcome: string | null
  /** JSON of what undoes it. */
  readonly undo: string | null
  /** If it is still `running` then, the result is looked up in the cluster. */
  readonly deadline: string
}

/** The fields of an alert that a round changes. */
export type AlertChange = Partial<Pick<AlertRow, 'state' | 'incident' | 'absentPolls' | 'closed'>>

/** A change of one alert. */
export interface ChangedAlert {
  readonly alert: AlertKey
  readonly change: AlertChange
}

/** The fields of an incident that can change. */
export type IncidentChange = Partial<
  Pick<IncidentRow, 'ts' | 'posting' | 'hash' | 'observation' | 'closed' | 'root'>
>

/** The fields of an action that can change. */
export type ActionChange = Partial<
  Pick<ActionRow, 'state' | 'outcome' | 'undo' | 'deadline' | 'parameters'>
>

/**
 * What the bot remembers, in SQLite on Node and in D1 on Workers; test/store-contract.ts tests both
 * alike. Every change is one conditional statement or one atomic batch, because D1 has no
 * interactive transactions. Every method rejects if the database cannot be read or written.
 */
export interface Store {
  /** Creates the tables that are missing. */
  migrate(): Promise<void>
  /** Writes a row, to test that the database is writable. */
  probe(): Promise<void>
  close(): Promise<void>

  /**
   * Stores the hints, all or none; they are durable when it resolves.
   *
   * A firing hint opens the alert, or keeps it open with `absentPolls` 0. One whose series was
   * resolved less than 10 min ago with the same `startsAt` is a late repeat and is ignored, unless
   * it was polled after that. A resolved hint makes the alert `absent` once none of its series
   * fires; a series that started after `endsAt` keeps firing. A closed alert that fires again is
   * opened with a new start, and keeps `incident`.
   */
  saveHints(hints: readonly AlertHint[], now: string): Promise<void>
  /** The alerts that are not closed. */
  openAlerts(cluster: string): Promise<AlertRow[]>
  /** A change with `closed` and without `state` is not made if the alert fires again by now. */
  changeAlerts(changes: readonly ChangedAlert[]): Promise<void>

  openIncidents(cluster: string): Promise<IncidentRow[]>
  incident(id: string): Promise<IncidentRow | undefined>
  /** The incident of this root that was closed last, at `closedSince` or later. */
  recentlyClosed(
    cluster: string,
    channel: string,
    root: string,
    closedSince: string,
  ): Promise<IncidentRow | undefined>
  /**
   * Incidents with a message that were closed at `closedSince` or later, and have an action that is
   * `running` or `active` or can be undone.
   */
  incidentsToFollow(cluster: string, closedSince: string): Promise<IncidentRow[]>
  /** Inserts the incident, or returns the open one with the same cluster, channel and root. */
  openIncident(row: IncidentRow): Promise<IncidentRow>
  /**
   * Changes the incident and increases `rev`. undefined if its `rev` is no longer the given one, or
   * if another open incident already has the root that this one would get.
   */
  changeIncident(id: string, rev: number, change: IncidentChange): Promise<IncidentRow | undefined>

  /** Inserts the action. If another one holds the lock on its intent, returns that as `holder`. */
  beginAction(
    row: ActionRow,
  ): Promise<{ readonly begun: true } | { readonly begun: false; readonly holder: ActionRow }>
  /** Changes the action if its state is still `from`; false if not. */
  changeAction(id: string, from: ActionState, change: ActionChange): Promise<boolean>
  /** The actions of an incident, oldest first. */
  actions(incident: string): Promise<ActionRow[]>

  /**
   * true if `holder` has the lease now. The database's clock decides, which replicas share. A lease
   * that lasts more than twice as long as any was given for is free: the clock was set back.
   */
  acquireLease(name: string, holder: string, seconds: number): Promise<boolean>
  releaseLease(name: string, holder: string): Promise<void>

  /** Deletes incidents, with their actions, and alerts that were closed before then. */
  forget(closedBefore: string): Promise<void>
}
