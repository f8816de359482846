import { type Control, withIds } from './blocks.ts'
import { isRecord, SlackError } from './call.ts'
import { checkPayload } from './check-payload.ts'
import type { Emit } from './events.ts'
import type { Ack, SubmitResult, View, ViewDraft } from './model.ts'
import { type Value, valuesOf, withValue } from './values.ts'

/** https://docs.slack.dev/surfaces/modals */
const MAX_STACK = 3

/** The open modals: one stack per person. */
export class Modals {
  readonly #stacks = new Map<string, readonly View[]>()
  readonly #now: () => number
  readonly #emit: Emit
  #count = 0

  constructor(now: () => number, emit: Emit) {
    this.#now = now
    this.#emit = emit
  }

  /** The modals of this person, the one in front last. */
  stack(user: string): readonly View[] {
    return this.#stacks.get(user) ?? []
  }

  find(matches: (view: View) => boolean): View | undefined {
    return [...this.#stacks.values()].flat().find(matches)
  }

  /** Opens a modal. Closes all others of this person. */
  open(user: string, draft: ViewDraft): View {
    this.clear(user)
    return this.#add(user, draft, null)
  }

  /** Opens a modal on top of the others. Throws `push_limit_reached` for a fourth. */
  push(user: string, draft: ViewDraft): View {
    const stack = this.stack(user)
    if (stack.length >= MAX_STACK) throw new SlackError('push_limit_reached')
    return this.#add(user, draft, stack.at(-1) ?? null)
  }

  /**
   * Replaces the contents of a modal. A value that the person entered stays if its block_id and
   * action_id do.
   */
  update(view: View, draft: ViewDraft): View {
    const blocks = withIds(draft.blocks)
    const { id, user, root_view_id, previous_view_id } = view
    return this.#put({
      ...draft,
      ...{ id, user, root_view_id, previous_view_id, blocks, hash: this.#hash() },
      state: { values: valuesOf(blocks, view.state.values) },
    })
  }

  /** Sets the value of one control, as if the person had entered it. */
  setValue(view: View, control: Control, value: Value): View {
    return this.#put({ ...view, state: { values: withValue(view.state.values, control, value) } })
  }

  /** Closes the modal and all on top of it. */
  close(view: View): void {
    const stack = this.stack(view.user)
    const kept = stack.slice(
      0,
      stack.findIndex(({ id }) => id === view.id),
    )
    this.#stacks.set(view.user, kept)
    for (const closed of stack.slice(kept.length))
      this.#emit({ type: 'view', change: 'closed', view: closed })
  }

  /** Closes all modals of this person. */
  clear(user: string): void {
    const [bottom] = this.stack(user)
    if (bottom) this.close(bottom)
  }

  #add(user: string, draft: ViewDraft, below: View | null): View {
    const id = `V0LOCAL${String(++this.#count).padStart(4, '0')}`
    const blocks = withIds(draft.blocks)
    const view: View = {
      ...draft,
      ...{ id, user, blocks, hash: this.#hash(), state: { values: valuesOf(blocks) } },
      root_view_id: below?.root_view_id ?? id,
      previous_view_id: below?.id ?? null,
    }
    this.#stacks.set(user, [...this.stack(user), view])
    this.#emit({ type: 'view', change: 'opened', view })
    return view
  }

  #put(view: View): View {
    this.#stacks.set(
      view.user,
      this.stack(view.user).map((old) => (old.id === view.id ? view : old)),
    )
    this.#emit({ type: 'view', change: 'updated', view })
    return view
  }

  #hash(): string {
    return `${Math.floor(this.#now() / 1000)}.${crypto.randomUUID().slice(0, 8)}`
  }
}

/**
 * Applies the app's response to a submitted modal.
 * https://docs.slack.dev/surfaces/modals#response_actions
 */
export function applyResponse(views: Modals, view: View, ack: Ack): SubmitResult {
  if (!ack.ok) return { outcome: 'failed', reason: ack.reason ?? '', ack }
  try {
    return respond(views, view, ack)
  } catch (error) {
    if (error instanceof SlackError || error instanceof SyntaxError)
      return { outcome: 'failed', reason: reasonOf(error), ack }
    throw error
  }
}

function respond(views: Modals, view: View, ack: Ack): SubmitResult {
  if (ack.body === '') {
    views.close(view)
    return { outcome: 'closed', ack }
  }
  const response: unknown = JSON.parse(ack.body)
  if (!isRecord(response)) throw new SlackError('invalid_response_action')
  switch (response.response_action) {
    case 'clear':
      views.clear(view.user)
      return { outcome: 'cleared', ack }
    case 'errors':
      return { outcome: 'errors', errors: checkedErrors(view, response.errors), ack }
    case 'update':
      return { outcome: 'updated', view: views.update(view, draft(response.view)), ack }
    case 'push':
      return { outcome: 'pushed', view: views.push(view.user, draft(response.view)), ack }
    default:
      throw new SlackError('invalid_response_action')
  }
}

function draft(view: unknown): ViewDraft {
  checkPayload('modal', view, '/view')
  return view as ViewDraft
}

/** Slack accepts errors only for input blocks of the modal. */
function checkedErrors(view: View, errors: unknown): Readonly<Record<string, string>> {
  if (!isRecord(errors) || Object.keys(errors).length === 0)
    throw new SlackError('invalid_response_action: errors are missing')
  const inputs = view.blocks.filter(({ type }) => type === 'input').map(({ block_id }) => block_id)
  return Object.fromEntries(
    Object.entries(errors).map(([blockId, message]) => {
      if (!inputs.includes(blockId))
        throw new SlackError(`invalid_response_action: no input block "${blockId}"`)
      return [blockId, String(message)]
    }),
  )
}

function reasonOf(error: SlackError | SyntaxError): string {
  if (error instanceof SyntaxError) return 'the response is not JSON'
  return [error.code, ...(Array.isArray(error.details.errors) ? error.details.errors : [])].join(
    '; ',
  )
}
