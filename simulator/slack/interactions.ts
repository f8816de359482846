import { type Control, controls } from './block.ts'
import type { Clock } from './clock.ts'
import type { Courier } from './delivery.ts'
import type { Ack } from './delivery-report.ts'
import type { Emit } from './events.ts'
import type { Message } from './message.ts'
import type { Context } from './method.ts'
import type { Person } from './options.ts'
import { actionOf, messageAction, viewAction, viewClosed, viewSubmission } from './payloads.ts'
import type { ResponseUrls } from './response-urls.ts'
import type { Forgery } from './signature.ts'
import { entered, incomplete, type Value, type Values, valuesOf, withValue } from './values.ts'
import type { View } from './view.ts'
import { type Submission, takeResponse } from './view-response.ts'

/** Where a person is looking: a message (as it is now, or as they saw it earlier), or a modal; the modal in front where none of them is given. */
export interface Place {
  /** Id or handle. */
  readonly user: string
  readonly ts?: string
  readonly message?: Message
  readonly viewId?: string
}

/** A control of that place, by its action_id or by the text on it; with the block_id too where several blocks have such a one. */
export interface Press extends Place {
  readonly blockId?: string
  readonly actionId?: string
  readonly text?: string
  readonly forgery?: Forgery
}

export interface Choice extends Press {
  /** Values or texts of the options; of a text input, its text. */
  readonly choose: string | readonly string[]
}

export interface Submit extends Omit<Place, 'ts' | 'message'> {
  /** By block_id, action_id or label: the text, or values or texts of the options. */
  readonly values?: Readonly<Record<string, string | readonly string[]>>
  readonly forgery?: Forgery
}

/** What people do with messages and modals. */
export class Interactions {
  readonly #context: Context
  readonly #courier: Courier
  readonly #responseUrls: ResponseUrls
  readonly #clock: Clock
  readonly #emit: Emit
  /** What people chose in messages, by person and message. */
  readonly #chosen = new Map<string, Values>()

  constructor(
    context: Context,
    courier: Courier,
    responseUrls: ResponseUrls,
    clock: Clock,
    emit: Emit,
  ) {
    this.#context = context
    this.#courier = courier
    this.#responseUrls = responseUrls
    this.#clock = clock
    this.#emit = emit
  }

  /** Presses a button (and confirms, where it asks). */
  async click(press: Press): Promise<Ack> {
    const person = this.person(press.user)
    const place = this.#place(press)
    return this.#act(person, place, controlIn(place, press), undefined, press.forgery)
  }

  /** Chooses options of a menu, radio buttons, checkboxes or an overflow menu, or fills in a text; inputs of a modal tell the app only on submit. */
  async pick(choice: Choice): Promise<Ack | undefined> {
    const person = this.person(choice.user)
    const place = this.#place(choice)
    const control = controlIn(place, choice)
    const value = entered(control.element, choice.choose)
    if (isView(place)) {
      if (control.element.type !== 'overflow') this.#context.views.enter(place, control, value)
      if (control.block.type === 'input' && !control.block.dispatch_action) return undefined
    }
    return this.#act(person, place, control, value, choice.forgery)
  }

  /** Fills in what is given, and presses the modal's submit button. */
  async submit(submit: Submit): Promise<Submission> {
    const person = this.person(submit.user)
    for (const [name, choose] of Object.entries(submit.values ?? {})) {
      const view = this.#view(submit)
      const control = inputNamed(view, name)
      this.#context.views.enter(view, control, entered(control.element, choose))
    }
    const view = this.#view(submit)
    if (!view.submit) throw new Error(`the modal "${view.title.text}" has no submit button`)
    const errors = incomplete(view.blocks, view.state.values)
    if (Object.keys(errors).length > 0) return { outcome: 'incomplete', errors }
    const trigger = this.#context.triggers.issue(person.id)
    const { ack } = await this.#courier.send(
      viewSubmission({ person, view, trigger }),
      submit.forgery,
    )
    const submission = takeResponse(this.#context.views, view, ack)
    if (submission.outcome === 'failed')
      this.#emit({
        type: 'trouble',
        trouble: { user: person.id, shown: TROUBLE_IN_MODAL, because: submission.because },
      })
    return submission
  }

  /** Closes the modal in front; the app hears of it if it asked to. */
  async close(place: Omit<Place, 'ts' | 'message'>): Promise<void> {
    const person = this.person(place.user)
    const view = this.#view(place)
    const cleared = view.clear_on_close === true
    if (cleared) this.#context.views.clear(person.id)
    else this.#context.views.close(view)
    if (view.notify_on_close) await this.#courier.send(viewClosed({ person, view, cleared }))
  }

  /** Throws where nobody has that id or handle. */
  person(user: string): Person {
    const { people } = this.#context.workspace
    const found = people.find(({ id, name }) => id === user || name === user)
    if (!found)
      throw new Error(
        `nobody called ${user}; there are: ${people.map(({ name }) => name).join(', ')}`,
      )
    return found
  }

  async #act(
    person: Person,
    place: Message | View,
    control: Control,
    value?: Value,
    forgery?: Forgery,
  ): Promise<Ack> {
    const action = actionOf(control, (this.#clock.now() / 1000).toFixed(6), value)
    const who = { person, trigger: this.#context.triggers.issue(person.id) }
    const payload = isView(place)
      ? viewAction({
          ...who,
          view: this.#context.views.find(({ id }) => id === place.id) ?? place,
          action,
        })
      : messageAction({ ...who, ...this.#aboutMessage(person, place, control, value), action })
    const { ack } = await this.#courier.send(payload, forgery)
    if (!ack.ok) this.#report(person, ack)
    return ack
  }

  #aboutMessage(person: Person, message: Message, control: Control, value: Value | undefined) {
    const key = `${person.id} ${message.ts}`
    const before = valuesOf(message.blocks, this.#chosen.get(key))
    const values =
      value && control.element.type !== 'overflow' ? withValue(before, control, value) : before
    this.#chosen.set(key, values)
    return {
      message,
      values,
      channel: this.#context.workspace.channel(message.channel),
      replies: this.#context.workspace.replies(message.channel, message.ts),
      responseUrl: this.#context.url() + this.#responseUrls.grant(person.id, message),
    }
  }

  #report(person: Person, { status, because }: Ack): void {
    const shown =
      status === undefined
        ? 'This app did not respond in time. Try again.'
        : `This app responded with Status Code ${status}.`
    this.#emit({ type: 'trouble', trouble: { user: person.id, shown, because: because ?? '' } })
  }

  #place(place: Place): Message | View {
    const { workspace } = this.#context
    if (place.message) return place.message
    if (place.ts === undefined) return this.#view(place)
    const message = workspace.message(place.ts)
    if (!message) throw new Error(`no message ${place.ts}`)
    return message
  }

  #view({ user, viewId }: Omit<Place, 'ts' | 'message'>): View {
    const stack = this.#context.views.stack(this.person(user).id)
    const view = viewId === undefined ? stack.at(-1) : stack.find(({ id }) => id === viewId)
    if (!view) throw new Error(`${user} has no modal ${viewId ?? ''} open`)
    return view
  }
}

const TROUBLE_IN_MODAL = 'We had some trouble connecting. Try again?'

function isView(place: Message | View): place is View {
  return 'hash' in place
}

function controlIn(place: Message | View, { blockId, actionId, text }: Press): Control {
  const all = controls(place.blocks).filter(
    (control) => blockId === undefined || control.blockId === blockId,
  )
  const label = ({ element, block }: Control): string | undefined =>
    element.text?.text ?? block.label?.text
  const [found, second] = all.filter((control) =>
    actionId === undefined ? label(control) === text : control.actionId === actionId,
  )
  if (found && !second) return found
  const listed = all.map((control) => `${control.actionId} "${label(control) ?? ''}"`).join(', ')
  throw new Error(
    `${found ? 'more than one' : 'no'} control ${actionId ?? `"${text}"`}; there are: ${listed || 'none'}`,
  )
}

function inputNamed(view: View, name: string): Control {
  const all = controls(view.blocks)
  const found = all.find(
    ({ blockId, actionId, block }) =>
      name === blockId || name === actionId || name === block.label?.text,
  )
  if (found) return found
  throw new Error(
    `no input "${name}"; there are: ${all.map(({ blockId, actionId }) => `${blockId}/${actionId}`).join(', ')}`,
  )
}
