import type { AppEndpoint, Forgery } from './app-endpoint.ts'
import { type Control, controlsOf } from './blocks.ts'
import type { ClientError, Emit } from './events.ts'
import type { ResponseUrls, Triggers } from './interaction-tokens.ts'
import { applyResponse, type Modals } from './modals.ts'
import type { Ack, Message, Person, SubmitResult, View } from './model.ts'
import { actionOf, messageAction, viewAction, viewClosed, viewSubmission } from './payloads.ts'
import {
  enteredValue,
  inputErrors,
  type Value,
  type Values,
  valuesOf,
  withValue,
} from './values.ts'
import type { Workspace } from './workspace.ts'

/** A message or a modal of a person. Without `ts`, `message` and `viewId`: the modal in front. */
export interface Place {
  /** Id or handle. */
  readonly user: string
  readonly ts?: string
  /** An earlier version of a message, as the person may still see it. */
  readonly message?: Message
  readonly viewId?: string
}

/** A control, by action_id or by its label, and by block_id if several blocks have the same. */
export interface Click extends Place {
  readonly blockId?: string
  readonly actionId?: string
  readonly text?: string
  /** Sends the interaction as a forged request. */
  readonly forgery?: Forgery
}

/** A control and what to choose in it. */
export interface Choice extends Click {
  /** Values or labels of options, or the text of a text input. */
  readonly choose: string | readonly string[]
}

/** A modal to submit. */
export interface Submit extends Omit<Place, 'ts' | 'message'> {
  /** By block_id, action_id or label: text, or values or labels of options. */
  readonly values?: Readonly<Record<string, string | readonly string[]>>
  readonly forgery?: Forgery
}

/** What `Interactions` needs of the simulated Slack. */
export interface InteractionOptions {
  readonly workspace: Workspace
  readonly modals: Modals
  readonly triggers: Triggers
  readonly responseUrls: ResponseUrls
  readonly endpoint: AppEndpoint
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** The server's base URL, without a trailing slash. */
  readonly url: () => string
  readonly emit: Emit
}

/** What people do with messages and modals. */
export class Interactions {
  readonly #options: InteractionOptions
  /** What people chose in messages, by person and message. */
  readonly #chosen = new Map<string, Values>()

  constructor(options: InteractionOptions) {
    this.#options = options
  }

  /** Clicks a button, and confirms if it asks. */
  async click(press: Click): Promise<Ack> {
    const person = this.person(press.user)
    const place = this.#place(press)
    return this.#act(person, place, controlIn(place, press), undefined, press.forgery)
  }

  /**
   * Chooses options, or types text. undefined for an input of a modal: the app gets its value on
   * submit.
   */
  async pick(choice: Choice): Promise<Ack | undefined> {
    const person = this.person(choice.user)
    const place = this.#place(choice)
    const control = controlIn(place, choice)
    const value = enteredValue(control.element, choice.choose)
    if (isView(place)) {
      if (control.element.type !== 'overflow') this.#options.modals.setValue(place, control, value)
      if (control.block.type === 'input' && !control.block.dispatch_action) return undefined
    }
    return this.#act(person, place, control, value, choice.forgery)
  }

  /** Sets the given values and submits the modal. */
  async submit(submit: Submit): Promise<SubmitResult> {
    const person = this.person(submit.user)
    for (const [name, choose] of Object.entries(submit.values ?? {})) {
      const view = this.#view(submit)
      const control = inputNamed(view, name)
      this.#options.modals.setValue(view, control, enteredValue(control.element, choose))
    }
    const view = this.#view(submit)
    if (!view.submit) throw new Error(`modal "${view.title.text}" has no submit button`)
    const errors = inputErrors(view.blocks, view.state.values)
    if (Object.keys(errors).length > 0) return { outcome: 'incomplete', errors }
    const trigger = this.#options.triggers.issue(person.id)
    const { ack } = await this.#options.endpoint.send(
      viewSubmission({ person, view, trigger }),
      submit.forgery,
    )
    const result = applyResponse(this.#options.modals, view, ack)
    if (result.outcome === 'failed')
      this.#showError({ user: person.id, text: SUBMIT_ERROR, reason: result.reason })
    return result
  }

  /** Closes the modal. The app is notified if it asked for that. */
  async close(place: Omit<Place, 'ts' | 'message'>): Promise<void> {
    const person = this.person(place.user)
    const view = this.#view(place)
    const cleared = view.clear_on_close === true
    if (cleared) this.#options.modals.clear(person.id)
    else this.#options.modals.close(view)
    if (view.notify_on_close)
      await this.#options.endpoint.send(viewClosed({ person, view, cleared }))
  }

  /** By id or handle. Throws if there is no such person. */
  person(user: string): Person {
    const { people } = this.#options.workspace
    const found = people.find(({ id, name }) => id === user || name === user)
    if (!found)
      throw new Error(`no person ${user}; people: ${people.map(({ name }) => name).join(', ')}`)
    return found
  }

  async #act(
    person: Person,
    place: Message | View,
    control: Control,
    value?: Value,
    forgery?: Forgery,
  ): Promise<Ack> {
    const action = actionOf(control, (this.#options.now() / 1000).toFixed(6), value)
    const who = { person, trigger: this.#options.triggers.issue(person.id) }
    const payload = isView(place)
      ? viewAction({
          ...who,
          view: this.#options.modals.find(({ id }) => id === place.id) ?? place,
          action,
        })
      : messageAction({ ...who, ...this.#messageContext(person, place, control, value), action })
    const { ack } = await this.#options.endpoint.send(payload, forgery)
    if (!ack.ok) this.#reportFailure(person, ack)
    return ack
  }

  #messageContext(person: Person, message: Message, control: Control, value: Value | undefined) {
    const key = `${person.id} ${message.ts}`
    const previous = valuesOf(message.blocks, this.#chosen.get(key))
    const values =
      value && control.element.type !== 'overflow' ? withValue(previous, control, value) : previous
    this.#chosen.set(key, values)
    return {
      message,
      values,
      channel: this.#options.workspace.channel(message.channel),
      replies: this.#options.workspace.replies(message.channel, message.ts),
      responseUrl: this.#options.url() + this.#options.responseUrls.issue(person.id, message),
    }
  }

  #reportFailure(person: Person, { status, reason = '' }: Ack): void {
    const text =
      status === undefined
        ? 'This app did not respond in time. Try again.'
        : `This app responded with Status Code ${status}.`
    this.#showError({ user: person.id, text, reason })
  }

  #showError(error: ClientError): void {
    this.#options.emit({ type: 'clientError', error })
  }

  #place(place: Place): Message | View {
    const { workspace } = this.#options
    if (place.message) return place.message
    if (place.ts === undefined) return this.#view(place)
    const message = workspace.message(place.ts)
    if (!message) throw new Error(`no message ${place.ts}`)
    return message
  }

  #view({ user, viewId }: Omit<Place, 'ts' | 'message'>): View {
    const stack = this.#options.modals.stack(this.person(user).id)
    const view = viewId === undefined ? stack.at(-1) : stack.find(({ id }) => id === viewId)
    if (!view) throw new Error(`${user} has no modal ${viewId ?? ''} open`)
    return view
  }
}

/** Slack's wording in a modal. */
const SUBMIT_ERROR = 'We had some trouble connecting. Try again?'

function isView(place: Message | View): place is View {
  return 'hash' in place
}

function controlIn(place: Message | View, { blockId, actionId, text }: Click): Control {
  const all = controlsOf(place.blocks).filter(
    (control) => blockId === undefined || control.blockId === blockId,
  )
  const labelOf = ({ element, block }: Control): string | undefined =>
    element.text?.text ?? block.label?.text
  const [found, second] = all.filter((control) =>
    actionId === undefined ? labelOf(control) === text : control.actionId === actionId,
  )
  if (found && !second) return found
  const listed = all.map((control) => `${control.actionId} "${labelOf(control) ?? ''}"`).join(', ')
  throw new Error(
    `${found ? 'more than one' : 'no'} control ${actionId ?? `"${text}"`}; controls: ${listed || 'none'}`,
  )
}

function inputNamed(view: View, name: string): Control {
  const all = controlsOf(view.blocks)
  const found = all.find(
    ({ blockId, actionId, block }) =>
      name === blockId || name === actionId || name === block.label?.text,
  )
  if (found) return found
  throw new Error(
    `no input "${name}"; inputs: ${all.map(({ blockId, actionId }) => `${blockId}/${actionId}`).join(', ')}`,
  )
}
