import * as z from 'zod'
import type { Click, Person, Submission } from './handlers.ts'
import { readMetadata } from './metadata.ts'
import { readTarget } from './press.ts'

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

/** What was pressed; undefined where the payload or the button's value is none of ours. */
export function readClick(body: unknown, action: unknown): Click | undefined {
  const payload = BlockActions.safeParse(body)
  const pressed = Action.safeParse(action)
  if (!payload.success || !pressed.success) return undefined
  const target = readTarget(pressed.data.selected_option?.value ?? pressed.data.value)
  if (!target) return undefined
  const { user, trigger_id: triggerId, response_url: responseUrl, container } = payload.data
  return {
    ...target,
    user: personOf(user),
    triggerId,
    responseUrl,
    channel: container.channel_id,
    messageTs: container.message_ts,
  }
}

export type ReadSubmission =
  | { readonly ok: true; readonly submission: Submission }
  /** What to write beside the inputs, by block_id. */
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> }

/** What was sent off; undefined where it is none of ours. What had to be typed is checked here. */
export function readSubmission(body: unknown): ReadSubmission | undefined {
  const payload = ViewSubmission.safeParse(body)
  if (!payload.success) return undefined
  const { user, view } = payload.data
  const metadata = readMetadata(view.private_metadata)
  if (!metadata) return undefined
  const { confirmWord, ...shown } = metadata
  const values = valuesOf(view.state.values)
  if (confirmWord !== undefined && values.confirm?.trim() !== confirmWord) {
    return { ok: false, errors: { confirm: `Type ${confirmWord}, exactly.` } }
  }
  return { ok: true, submission: { ...shown, user: personOf(user), viewId: view.id, values } }
}

function personOf({ id, name, username }: z.infer<typeof User>): Person {
  return { id, name: name ?? username ?? id }
}

/** One value for each block: what was typed, or the chosen option's. */
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
