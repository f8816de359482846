import type { EqualityMatchers } from '../alertmanager/client.ts'
import type { Toleration } from '../kubernetes/objects.ts'
import type { ActionRow } from '../store/store.ts'
import type { PredictedCounts } from '../triage/remedies/remedy.ts'
import type { Words } from '../words/words.ts'

/** An entry that the thread is still to be posted. */
export interface PendingPost {
  readonly words: Words
  readonly broadcast: boolean
}

/** Parameters of a `silence` action: one silence for each DaemonSet, ended together. */
export interface SilenceParameters {
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
  readonly pending?: readonly PendingPost[]
}

/** Parameters of a change to one DaemonSet or its pods. */
export interface ChangeParameters {
  readonly kind: 'patch' | 'delete' | 'recount' | 'undo'
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly before: { readonly misscheduled: number; readonly desired: number }
  readonly predicted: PredictedCounts | null
  /** The list before and after, for patch and undo: absent is undefined. */
  readonly tolerations?: {
    readonly from: readonly Toleration[] | undefined
    readonly to: readonly Toleration[] | undefined
  }
  readonly pods?: readonly { readonly name: string; readonly uid: string }[]
  /** RFC 3339, set once predicted was compared with observation. */
  readonly compared?: string
  readonly pending?: readonly PendingPost[]
}

export type ActionParameters = SilenceParameters | ChangeParameters

/** What takes a change back, as JSON; null where nothing does. */
export function undoOf(parameters: ChangeParameters): string | null {
  return parameters.kind === 'patch'
    ? JSON.stringify({ tolerations: parameters.tolerations?.from ?? null })
    : null
}

function parametersOf(action: ActionRow): ActionParameters {
  return JSON.parse(action.parameters) as ActionParameters
}

/** The silences among the actions, with their parameters. */
export function silenceActions(
  actions: readonly ActionRow[],
): { action: ActionRow; parameters: SilenceParameters }[] {
  return actions.flatMap((action) => {
    const parameters = parametersOf(action)
    return parameters.kind === 'silence' ? [{ action, parameters }] : []
  })
}

/** The changes of these kinds among the actions, with their parameters. */
export function changeActions(
  actions: readonly ActionRow[],
  ...kinds: readonly ChangeParameters['kind'][]
): { action: ActionRow; parameters: ChangeParameters }[] {
  return actions.flatMap((action) => {
    const parameters = parametersOf(action)
    return parameters.kind !== 'silence' && kinds.includes(parameters.kind)
      ? [{ action, parameters }]
      : []
  })
}
