import type { ActionName } from '../config/config.ts'
import type { Explanation } from '../triage/explain.ts'
import type { Words } from '../words/words.ts'

/** The two witnesses' verdict (docs/architecture.md). */
export type IncidentState = 'open' | 'fixed' | 'cleared' | 'closed' | 'unreadable'

/** Everything a message shows. Drawing is a pure function of it: equal views give equal bytes. */
export interface IncidentView {
  readonly incidentId: string
  readonly rev: number
  readonly cluster: string
  readonly state: IncidentState
  readonly daemonSets: readonly {
    readonly namespace: string
    readonly name: string
    readonly misscheduled: number
  }[]
  readonly explanation: Explanation | null
  /** RFC 3339: first firing. */
  readonly since: string
  /** RFC 3339: when it closed. */
  readonly closed?: string
  /** Why the cluster could not be read, where it could not. */
  readonly unreadable?: Words
  readonly silences: readonly {
    readonly actionId: string
    readonly until: string
    readonly who: string
    readonly untilNodesGone: boolean
  }[]
  /** Patches that can be undone. */
  readonly undoable: readonly {
    readonly actionId: string
    readonly what: Words
    readonly who: string
  }[]
  /** What somebody is doing right now: buttons are gone meanwhile. */
  readonly busy?: Words
  /** Buttons to show, in order of recommendation. `recheck` is always there while it is open. */
  readonly buttons: readonly (ActionName | 'show-fix')[]
  /** Why a button that one would expect is not there, e.g. rights missing, ACTIONS not set. */
  readonly missing: readonly Words[]
  /** Other alerts that fire for the same nodes or DaemonSets: one short line. */
  readonly relatedAlerts?: Words
  /** How the count has moved: one short line. */
  readonly history?: Words
  readonly links: readonly { readonly text: string; readonly url: string }[]
}
