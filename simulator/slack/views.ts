import { type Control, withIds } from './block.ts'
import type { Clock } from './clock.ts'
import type { Emit } from './events.ts'
import { APP, TEAM } from './options.ts'
import { SlackError } from './slack-error.ts'
import { type Value, valuesOf, withValue } from './values.ts'
import type { View, ViewDraft } from './view.ts'

const MAX_STACK = 3

/** The modals that people have open: one stack for each person. */
export class Views {
  readonly #stacks = new Map<string, readonly View[]>()
  readonly #clock: Clock
  readonly #emit: Emit
  #count = 0

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock
    this.#emit = emit
  }

  /** Bottom first; the last one is in front. */
  stack(user: string): readonly View[] {
    return this.#stacks.get(user) ?? []
  }

  find(matches: (view: View) => boolean): View | undefined {
    return [...this.#stacks.values()].flat().find(matches)
  }

  /** Puts a modal in front of the person, in place of whatever was open. */
  open(user: string, draft: ViewDraft): View {
    this.clear(user)
    return this.#add(user, draft, null)
  }

  /** Puts a modal on top of the open one; throws `push_limit_reached` on the fourth. */
  push(user: string, draft: ViewDraft): View {
    const stack = this.stack(user)
    if (stack.length >= MAX_STACK) throw new SlackError('push_limit_reached')
    return this.#add(user, draft, stack.at(-1) ?? null)
  }

  /** Replaces what a modal shows. What the person entered stays where block_id and action_id stay. */
  update(view: View, draft: ViewDraft): View {
    const blocks = withIds(draft.blocks)
    const { id, user, root_view_id, previous_view_id } = view
    return this.#put({
      ...draft,
      ...{ id, user, root_view_id, previous_view_id, blocks, hash: this.#hash() },
      state: { values: valuesOf(blocks, view.state.values) },
    })
  }

  enter(view: View, control: Control, value: Value): View {
    return this.#put({ ...view, state: { values: withValue(view.state.values, control, value) } })
  }

  /** Closes the modal, and everything on top of it; the one below is in front again. */
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
    return `${Math.floor(this.#clock.now() / 1000)}.${crypto.randomUUID().slice(0, 8)}`
  }
}

/** The view as the Web API and interaction payloads show it. */
export function wireView({ user: _, ...view }: View): Record<string, unknown> {
  return {
    private_metadata: '',
    callback_id: '',
    external_id: '',
    submit: null,
    close: null,
    notify_on_close: false,
    clear_on_close: false,
    ...view,
    team_id: TEAM.id,
    app_id: APP.id,
    app_installed_team_id: TEAM.id,
    bot_id: APP.botId,
  }
}
