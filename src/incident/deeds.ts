import type { EqualityMatchers } from '../alertmanager/client.ts'
import type { Toleration } from '../kubernetes/objects.ts'
import type { ActionRow } from '../store/store.ts'
import type { Prediction } from '../triage/findings/finding.ts'
import type { Words } from '../words/words.ts'

/** An entry that the thread is still to be told. */
export interface Unsaid {
  readonly words: Words
  readonly broadcast: boolean
}

/** Parameters of a `silence` action: one silence for each DaemonSet, ended together. */
export interface SilenceDeed {
  readonly kind: 'silence'
  /** RFC 3339. */
  readonly until: string
  readonly silences: readonly {
    readonly id: string
    readonly namespace: string
    readonly name: string
    readonly alertname: string
  }[]
  readonly comment: string
  /** The matchers of each silence that was to be made: all of them or none. */
  readonly targets?: readonly EqualityMatchers[]
  /** Renewed while every misscheduled node is one of these; null for a fixed duration. */
  readonly nodes: readonly string[] | null
  /** Ids of the causes when it was made; with another one it is no longer what was silenced. Of those that follow nodes. */
  readonly causes?: readonly string[]
  /** RFC 3339: a renewed silence never lasts longer. */
  readonly hardEnd: string
  readonly unsaid?: readonly Unsaid[]
}

/** Parameters of a change to one DaemonSet or its pods. */
export interface ChangeDeed {
  readonly kind: 'patch' | 'delete' | 'recount' | 'undo'
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly before: { readonly misscheduled: number; readonly desired: number }
  readonly predicted: Prediction | null
  /** The list before and after, for patch and undo: absent is undefined. */
  readonly tolerations?: {
    readonly from: readonly Toleration[] | undefined
    readonly to: readonly Toleration[] | undefined
  }
  readonly pods?: readonly { readonly name: string; readonly uid: string }[]
  /** RFC 3339, set once predicted was compared with seen. */
  readonly compared?: string
  readonly unsaid?: readonly Unsaid[]
}

export type Deed = SilenceDeed | ChangeDeed

/** What takes a change back, as JSON; null where nothing does. */
export function undoOf(deed: ChangeDeed): string | null {
  return deed.kind === 'patch'
    ? JSON.stringify({ tolerations: deed.tolerations?.from ?? null })
    : null
}

function deedOf(action: ActionRow): Deed {
  return JSON.parse(action.parameters) as Deed
}

/** The silences among the actions, with their parameters. */
export function silenceDeeds(
  actions: readonly ActionRow[],
): { action: ActionRow; deed: SilenceDeed }[] {
  return actions.flatMap((action) => {
    const deed = deedOf(action)
    return deed.kind === 'silence' ? [{ action, deed }] : []
  })
}

/** The changes of these kinds among the actions, with their parameters. */
export function changeDeeds(
  actions: readonly ActionRow[],
  ...kinds: readonly ChangeDeed['kind'][]
): { action: ActionRow; deed: ChangeDeed }[] {
  return actions.flatMap((action) => {
    const deed = deedOf(action)
    return deed.kind !== 'silence' && kinds.includes(deed.kind) ? [{ action, deed }] : []
  })
}
