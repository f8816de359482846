import type { ActionName } from '../config/config.ts'
import type { Explanation } from '../triage/explain.ts'
import type { Words } from '../words/words.ts'

/**
 * What the cluster and Alertmanager report together (docs/architecture.md). `fixed`: no node is
 * misscheduled, the alert still fires. `cleared`: the alert resolved, nodes are still misscheduled.
 */
export type IncidentState = 'open' | 'fixed' | 'cleared' | 'closed' | 'unreadable'

/** A button that the incident offers; the others follow from its state. */
export type OfferedButton = ActionName | 'show-fix'

/** What one message shows. The message is a pure function of it: equal views, equal bytes. */
export interface IncidentView {
  readonly incidentId: string
  /** Revision of the incident. Part of every block_id, so an update resets what a user selected. */
  readonly rev: number
  readonly cluster: string
  readonly state: IncidentState
  /** RFC 3339: when the cluster was last read. Times of the same night are shown without a date. */
  readonly at: string
  /** The highest `severity` label of its alerts. */
  readonly severity?: string
  /** Whom it mentions, in Slack's syntax. Slack notifies them of a post, not of an edit. */
  readonly mentions?: readonly string[]
  readonly daemonSets: readonly { readonly namespace: string; readonly name: string }[]
  readonly explanation: Explanation | null
  /** RFC 3339: first firing. */
  readonly since: string
  /** RFC 3339: when it closed. */
  readonly closed?: string
  /** RFC 3339: since when the cluster could not be read. */
  readonly unreadableSince?: string
  /** What it was, and how it ended. */
  readonly ending?: IncidentEnding
  readonly silences: readonly {
    readonly actionId: string
    /** RFC 3339. */
    readonly until: string
    /** Slack user ID. */
    readonly who: string
    /** Extended until the nodes are gone; `until` is its current end. */
    readonly untilNodesGone: boolean
    /** DaemonSets, `namespace/name`; undefined if it covers every one whose alert fires. */
    readonly covers?: readonly string[]
  }[]
  /** undefined: no silence covers any of the DaemonSets whose alert fires. */
  readonly silenced?: {
    /** Number of DaemonSets whose alert fires. */
    readonly of: number
    /** Those of them that no silence covers, `namespace/name`. */
    readonly uncovered: readonly string[]
  }
  /** Patches that can be undone. */
  readonly undoable: readonly {
    readonly actionId: string
    readonly what: Words
    /** Slack user ID. */
    readonly who: string
    /** Of its rollout, until that is finished. */
    readonly progress?: Words
  }[]
  /** Patches that were undone, unless another one has followed; undefined: none was. */
  readonly undone?: readonly {
    readonly what: Words
    /** Slack user ID of who patched; undefined if that is not known. */
    readonly who?: string
    /** Slack user ID. */
    readonly undoneBy: string
    /** Of the undo's rollout, until that is finished. */
    readonly progress?: Words
  }[]
  /** An action in progress. The buttons are hidden until it ends. */
  readonly busy?: Words
  /** In order of recommendation. `recheck` is not listed: it is there until the incident closes. */
  readonly buttons: readonly OfferedButton[]
  /** Why an expected button is missing: a missing right, or ACTIONS not set. */
  readonly missing: readonly Words[]
  /** Other alerts that fire for the same nodes or DaemonSets: one short line. */
  readonly relatedAlerts?: Words
  /** How the count has changed: one short line. */
  readonly history?: Words
  readonly links: readonly { readonly text: string; readonly url: string }[]
}

/** What is remembered of an incident that is over. */
export interface IncidentEnding {
  /** "3 nodes were being scaled down". */
  readonly past: Words
  /** "`@maya` added the toleration", "the nodes are gone"; undefined if unknown. */
  readonly by?: Words
  /** A sentence: what would keep it from coming back and is not done. */
  readonly todo?: Words
}

/** Whether nothing is left to do. */
export function isOver(view: IncidentView): boolean {
  return view.state === 'closed' || (view.state === 'fixed' && !isElsewhere(view))
}

/** Whether every alert of it is silenced: what is shown is the state and how to end it. */
export function isQuiet({ state, silenced }: IncidentView): boolean {
  return state === 'open' && silenced !== undefined && silenced.uncovered.length === 0
}

/** Whether the alert is about a DaemonSet that is not in this cluster, so nothing was fixed. */
export function isElsewhere({ state, explanation }: IncidentView): boolean {
  return state === 'fixed' && explanation?.causes[0]?.about === 'no-daemonset'
}
