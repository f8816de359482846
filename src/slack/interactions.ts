import type { ModalView } from '@slack/web-api'
import * as z from 'zod'
import { type Result, refusal, success } from '../words/result.ts'

/** Every button of an incident's message. All but `recheck` open a modal first. */
const BUTTONS = [
  'silence',
  'patch',
  'recount',
  'delete',
  'recheck',
  'end-silence',
  'undo',
  'show-fix',
] as const

/** Which button was pressed, and for a modal, which button opened it. */
export type ButtonName = (typeof BUTTONS)[number]

/**
 * `action_id` of a button and `callback_id` of its modal: this prefix, then the button's name. The
 * overflow menu's `action_id` is `daemonset-triage.menu`.
 */
export const ACTION_PREFIX = 'daemonset-triage.'

/** What a button or menu entry carries: which incident, never what to change. */
export interface ButtonValue {
  readonly button: ButtonName
  readonly incidentId: string
  /** Revision of the incident that the message shows. */
  readonly rev: number
  /** Stored action to end or undo. */
  readonly actionId?: string
}

/** What a modal carries to its submission. Slack returns it unchanged in `private_metadata`. */
export interface ModalMetadata extends ButtonValue {
  /** DaemonSet, `namespace/name`. */
  readonly target?: string
  /** Hash of what the modal shows. */
  readonly shown?: string
  /** What the user must type before the modal is submitted. */
  readonly confirmWord?: string
}

/** Who clicked or submitted. */
export interface Person {
  /** Slack user ID. */
  readonly id: string
  readonly name: string
}

/** A click on a button or menu entry of an incident's message. */
export interface Click extends ButtonValue {
  readonly user: Person
  /** Opens one modal, within 3 seconds of the click. */
  readonly triggerId: string
  /** Accepts 5 ephemeral messages to this user, within 30 minutes of the click. May be empty. */
  readonly responseUrl: string
  readonly channel: string
  readonly messageTs: string
}

/** A submitted modal. */
export interface Submission extends Omit<ModalMetadata, 'confirmWord'> {
  readonly user: Person
  readonly viewId: string
  /** Input by block_id: `duration`, `reason`, `second`, `pick`, `confirm`. */
  readonly values: Readonly<Record<string, string>>
}

/** What the Slack app calls once a request is acknowledged. */
export interface Handlers {
  click(click: Click): Promise<void>
  submit(submission: Submission, answer: Answer): Promise<void>
}

/**
 * Answers a submission while Slack waits: shows another modal, or closes the dialog (undefined).
 * false: it is too late for that, and the dialog shows "Applying…".
 */
export type Answer = (modal: ModalView | undefined) => Promise<boolean>

// One letter for each field: the value of a menu entry holds 150 characters.
const StoredValue = z.object({
  p: z.enum(BUTTONS),
  i: z.string().min(1),
  r: z.int(),
  a: z.string().optional(),
})
const StoredMetadata = StoredValue.extend({
  t: z.string().optional(),
  h: z.string().optional(),
  w: z.string().optional(),
})

const User = z.object({
  id: z.string().min(1),
  name: z.string().optional(),
  username: z.string().optional(),
})

const BlockActions = z.object({
  type: z.literal('block_actions'),
  user: User,
  trigger_id: z.string(),
  response_url: z.string().default(''),
  container: z.object({ message_ts: z.string(), channel_id: z.string() }),
})

const Action = z.object({
  value: z.string().optional(),
  selected_option: z.object({ value: z.string().optional() }).nullish(),
})

const ViewSubmission = z.object({
  type: z.literal('view_submission'),
  user: User,
  view: z.object({
    id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), z.unknown())) }),
  }),
})

const InputState = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
})

/** JSON for a button's or menu entry's `value`. */
export function writeButtonValue({ button, incidentId, rev, actionId }: ButtonValue): string {
  return JSON.stringify({ p: button, i: incidentId, r: rev, a: actionId })
}

/** undefined: the value was not written by this version of the bot. */
export function readButtonValue(value: unknown): ButtonValue | undefined {
  const stored = readJson(StoredValue, value)
  return stored && buttonValue(stored)
}

/** JSON for `private_metadata`. Slack takes 3,000 characters; the longest Kubernetes names fit. */
export function writeMetadata(metadata: ModalMetadata): string {
  const { button, incidentId, rev, target, shown, actionId, confirmWord } = metadata
  return JSON.stringify({
    p: button,
    i: incidentId,
    r: rev,
    t: target,
    h: shown,
    a: actionId,
    w: confirmWord,
  })
}

/** undefined: the metadata was not written by this version of the bot. */
export function readMetadata(text: unknown): ModalMetadata | undefined {
  const stored = readJson(StoredMetadata, text)
  if (!stored) return undefined
  const { t: target, h: shown, w: confirmWord } = stored
  return {
    ...buttonValue(stored),
    ...(target === undefined ? {} : { target }),
    ...(shown === undefined ? {} : { shown }),
    ...(confirmWord === undefined ? {} : { confirmWord }),
  }
}

/** The click in a `block_actions` payload; undefined if its value or a field is unusable. */
export function readClick(body: unknown, action: unknown): Click | undefined {
  const payload = BlockActions.safeParse(body)
  const pressed = Action.safeParse(action)
  if (!payload.success || !pressed.success) return undefined
  const value = readButtonValue(pressed.data.selected_option?.value ?? pressed.data.value)
  if (!value) return undefined
  const { user, trigger_id: triggerId, response_url: responseUrl, container } = payload.data
  return {
    ...value,
    user: personOf(user),
    triggerId,
    responseUrl,
    channel: container.channel_id,
    messageTs: container.message_ts,
  }
}

/** Error messages to show in the modal, by block_id. */
export type InputErrors = Readonly<Record<string, string>>

/**
 * The submission in a `view_submission` payload, refused if the confirm word does not match.
 * undefined if its metadata is unknown or a field is missing.
 */
export function readSubmission(body: unknown): Result<Submission, InputErrors> | undefined {
  const payload = ViewSubmission.safeParse(body)
  if (!payload.success) return undefined
  const { user, view } = payload.data
  const metadata = readMetadata(view.private_metadata)
  if (!metadata) return undefined
  const { confirmWord, ...shown } = metadata
  const values = valuesOf(view.state.values)
  if (confirmWord !== undefined && values.confirm?.trim() !== confirmWord)
    return refusal({ confirm: `Type ${confirmWord} exactly.` })
  return success({ ...shown, user: personOf(user), viewId: view.id, values })
}

function buttonValue({ p, i, r, a }: z.infer<typeof StoredValue>): ButtonValue {
  return { button: p, incidentId: i, rev: r, ...(a === undefined ? {} : { actionId: a }) }
}

function readJson<Value>(schema: z.ZodType<Value>, text: unknown): Value | undefined {
  if (typeof text !== 'string') return undefined
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function personOf({ id, name, username }: z.infer<typeof User>): Person {
  return { id, name: name ?? username ?? id }
}

/** One value for each block: the text typed or the option chosen. */
function valuesOf(
  blocks: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [blockId, elements] of Object.entries(blocks)) {
    for (const element of Object.values(elements)) {
      const state = InputState.safeParse(element)
      if (!state.success) continue
      const value =
        state.data.value ??
        state.data.selected_option?.value ??
        state.data.selected_options?.[0]?.value
      if (value !== undefined) found[blockId] = value
    }
  }
  return found
}
