import * as z from 'zod'
import { type Bot, timestamp } from '../bot.ts'
import type { ActionRow, IncidentRow } from '../store/store.ts'
import { type Result, refusal, success } from '../words/result.ts'
import { plain, time, user, type Words, words } from '../words/words.ts'
import { storedPrediction, storedTolerations, storedWords } from './stored-observation.ts'

/** Entries for the thread that Slack has not accepted yet. */
const pending = z
  .array(z.object({ words: storedWords, broadcast: z.boolean() }))
  .readonly()
  .optional()

const silenceParameters = z.object({
  kind: z.literal('silence'),
  /** RFC 3339. */
  until: z.string(),
  silences: z
    .array(
      z.object({
        id: z.string(),
        namespace: z.string(),
        name: z.string(),
        alertname: z.string(),
      }),
    )
    .readonly(),
  comment: z.string(),
  /** The matchers of each silence to create: all of them or none. */
  targets: z.array(z.record(z.string(), z.string())).readonly().optional(),
  /** Extended while every misscheduled node is one of these; null for a fixed duration. */
  nodes: z.array(z.string()).readonly().nullable(),
  /**
   * Only of a silence that follows nodes: ids of the causes it was created for. Another cause ends
   * it.
   */
  causes: z.array(z.string()).readonly().optional(),
  /** RFC 3339: a silence is never extended beyond this. */
  hardEnd: z.string(),
  pending,
})

const rollout = z.object({
  /** RFC 3339: when the DaemonSet is looked at next. */
  next: z.string(),
  /** Of the last look at a status that knows the changed template. */
  counts: z.object({ desired: z.number(), updated: z.number(), available: z.number() }).optional(),
  /** RFC 3339: since when `counts` have been the same. */
  since: z.string(),
  /** The thread says that it is stuck. */
  stuck: z.boolean().optional(),
  /** RFC 3339: when every pod was found updated and available. */
  finished: z.string().optional(),
  /** RFC 3339: since when it is followed no longer; a patch can then not be undone. */
  ended: z.string().optional(),
})

const changeParameters = z.object({
  kind: z.enum(['patch', 'delete', 'recount', 'undo']),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  before: z.object({ misscheduled: z.number(), desired: z.number() }),
  predicted: storedPrediction.nullable(),
  /** Only of patch and undo: the list before and after; undefined where the template has none. */
  tolerations: z
    .object({
      from: storedTolerations.readonly().optional(),
      to: storedTolerations.readonly().optional(),
    })
    .optional(),
  pods: z
    .array(z.object({ name: z.string(), uid: z.string() }))
    .readonly()
    .optional(),
  /** RFC 3339: when the prediction was compared with the result. */
  compared: z.string().optional(),
  /** The counts at that time; null: they could not be read. */
  seen: z.object({ misscheduled: z.number(), desired: z.number() }).nullable().optional(),
  /** What the thread says of it; undefined: an earlier version made this change. */
  told: z
    .array(z.enum(['made', 'seen', 'rollout']))
    .readonly()
    .optional(),
  /** Only of patch and undo that were made. */
  rollout: rollout.optional(),
  pending,
})

const refusedParameters = z.object({ kind: z.literal('refused') })

const actionParameters = z.discriminatedUnion('kind', [
  silenceParameters,
  changeParameters,
  refusedParameters,
])

/** Parameters of a `silence` action: one silence for each DaemonSet, ended together. */
export type SilenceParameters = Readonly<z.infer<typeof silenceParameters>>

/** How far the rollout of a changed template is, as far as it has been looked at. */
export type FollowedRollout = Readonly<z.infer<typeof rollout>>

/** Parameters of a change to one DaemonSet or its pods. */
export type ChangeParameters = Readonly<z.infer<typeof changeParameters>>

/** What is stored with an action, by its kind. */
export type ActionParameters = SilenceParameters | ChangeParameters | { readonly kind: 'refused' }

/** An entry for the thread that Slack has not accepted yet. */
export interface PendingPost {
  readonly words: Words
  readonly broadcast: boolean
}

/** Every kind of change, for `changeActions`. */
export const CHANGE_KINDS: readonly ChangeParameters['kind'][] = [
  'patch',
  'delete',
  'recount',
  'undo',
]

/** The parameters of a stored action. Throws ZodError if they are not of this version. */
export function parametersOf({ parameters }: Pick<ActionRow, 'parameters'>): ActionParameters {
  return actionParameters.parse(JSON.parse(parameters))
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
  kinds: readonly ChangeParameters['kind'][] = CHANGE_KINDS,
): ChangeAction[] {
  return actions.flatMap((action) => {
    const parameters = parametersOf(action)
    return isChange(parameters) && kinds.includes(parameters.kind) ? [{ action, parameters }] : []
  })
}

function isChange(parameters: ActionParameters): parameters is ChangeParameters {
  return parameters.kind !== 'silence' && parameters.kind !== 'refused'
}

/** A patch or undo with its parameters. */
export interface ChangeAction {
  readonly action: ActionRow
  readonly parameters: ChangeParameters
}

/** What reverts a change, as JSON; null if nothing does. */
export function undoOf({ kind, tolerations }: ChangeParameters): string | null {
  return kind === 'patch' ? JSON.stringify({ tolerations: tolerations?.from ?? null }) : null
}

/**
 * A `running` action reports its outcome within this time; later the outcome is looked up.
 * Milliseconds.
 */
const deadlineMs = 60_000

/**
 * Records an action as `running`, which takes the lock on its intent. Refused if another action
 * with this intent is running or active.
 */
export async function beginAction(
  bot: Bot,
  row: IncidentRow,
  action: {
    readonly intent: string
    /** Slack user id. */
    readonly who: string
    readonly parameters: SilenceParameters | ChangeParameters
    /** Default: a new one. */
    readonly id?: string
  },
): Promise<Result<ActionRow>> {
  const started: ActionRow = {
    id: action.id ?? newActionId(),
    incident: row.id,
    intent: action.intent,
    parameters: JSON.stringify(action.parameters),
    who: action.who,
    at: timestamp(bot),
    state: 'running',
    outcome: null,
    undo: null,
    deadline: timestamp(bot, deadlineMs),
  }
  const begun = await bot.store.beginAction(started)
  if (begun.begun) {
    bot.metrics.actions.inc({ intent: action.parameters.kind, state: 'running' })
    return success(started)
  }
  const { holder } = begun
  return refusal(
    holder.state === 'running'
      ? words`${user(holder.who)} is doing this right now.`
      : words`${user(holder.who)} already did this, ${time(holder.at)}.`,
  )
}

/** Records a refused button press: who tried what, and why it was refused. */
export async function recordRefusal(
  bot: Bot,
  press: {
    readonly user: { readonly id: string }
    readonly incidentId: string
    readonly button: string
  },
  why: Words,
): Promise<void> {
  const { button: intent, incidentId: incident, user: presser } = press
  bot.metrics.actions.inc({ intent, state: 'refused' })
  bot.log.info({ incident, button: intent, user: presser.id, why: plain(why) }, 'refused a press')
  if (!(await bot.store.incident(incident))) return
  const at = timestamp(bot)
  await bot.store.beginAction({
    id: newActionId(),
    incident,
    intent,
    parameters: JSON.stringify({ kind: 'refused' } satisfies ActionParameters),
    who: presser.id,
    at,
    state: 'refused',
    outcome: plain(why),
    undo: null,
    deadline: at,
  })
}

/** `act_` and 20 hexadecimal digits. */
export function newActionId(): string {
  return `act_${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`
}
