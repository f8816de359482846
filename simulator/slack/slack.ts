import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Call } from './call.ts'
import { Clock } from './clock.ts'
import { Courier } from './delivery.ts'
import type { Ack, Delivery } from './delivery-report.ts'
import { Events, type SlackEvent, type Trouble } from './events.ts'
import { type FaultRule, Faults } from './faults.ts'
import { type Choice, Interactions, type Place, type Press, type Submit } from './interactions.ts'
import type { Message } from './message.ts'
import type { Context } from './method.ts'
import { type Channel, type Person, type Settings, type SlackOptions, settings } from './options.ts'
import { ResponseUrls } from './response-urls.ts'
import type { Forgery } from './signature.ts'
import { Sockets } from './socket-mode.ts'
import { Triggers } from './triggers.ts'
import type { View } from './view.ts'
import type { Submission } from './view-response.ts'
import { Views } from './views.ts'
import { webApi } from './web-api.ts'
import { Workspace } from './workspace.ts'

/** What else the same server answers, such as the page that shows the channel. */
export type Routes = (slack: Slack) => Hono<{ Bindings: HttpBindings }>

/** Starts a workspace with one channel, two people and one app, unless the options say otherwise. `stop` ends it. */
export async function startSlack(options: SlackOptions = {}, routes?: Routes): Promise<Slack> {
  const slack = new Slack(settings(options), options.requestUrl)
  await slack.listen(routes)
  return slack
}

/**
 * A strict stand-in for Slack on loopback: it takes the Web API calls of one app with Slack's checks, limits and error codes, lets
 * people press and submit, and fails on demand in the ways in which Slack fails.
 */
export class Slack {
  readonly #settings: Settings
  readonly #events = new Events()
  readonly #clock = new Clock()
  readonly #faults = new Faults()
  readonly #triggers = new Triggers(this.#clock)
  readonly #calls: Call[] = []
  readonly #deliveries: Delivery[] = []
  readonly #troubles: Trouble[] = []
  readonly #emit = (event: SlackEvent): void => this.#record(event)
  readonly #views = new Views(this.#clock, this.#emit)
  readonly #courier: Courier
  readonly #responseUrls: ResponseUrls
  readonly #interactions: Interactions
  readonly #context: Context
  #server: Server | undefined

  readonly workspace: Workspace
  readonly sockets = new Sockets(this.#emit)

  constructor(config: Settings, requestUrl: string | undefined) {
    this.#settings = config
    this.workspace = new Workspace(config, this.#clock, this.#emit)
    this.#courier = new Courier(config, this.sockets, this.#emit)
    this.#courier.requestUrl = requestUrl
    this.#responseUrls = new ResponseUrls(this.workspace, this.#clock)
    this.#context = {
      settings: config,
      workspace: this.workspace,
      views: this.#views,
      triggers: this.#triggers,
      sockets: this.sockets,
      url: () => this.url,
    }
    this.#interactions = new Interactions(
      this.#context,
      this.#courier,
      this.#responseUrls,
      this.#clock,
      this.#emit,
    )
  }

  async listen(routes?: Routes): Promise<void> {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.route('/', webApi(this.#context, this.#responseUrls, this.#faults, this.#emit))
    if (routes) app.route('/', routes(this))
    const server = createServer(getRequestListener(app.fetch))
    this.sockets.attach(server)
    server.listen(this.#settings.port, this.#settings.host)
    await once(server, 'listening')
    this.#server = server
  }

  /** Ends every connection. */
  async stop(): Promise<void> {
    this.sockets.close()
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    this.#server?.closeAllConnections()
    await closed
  }

  // What the app is configured with.

  /** Without a slash at the end. */
  get url(): string {
    const address = this.#server?.address()
    if (typeof address !== 'object' || address === null)
      throw new Error('the Slack stand-in is not listening')
    return `http://${this.#settings.host}:${address.port}`
  }

  /** `SLACK_API_URL`; ends in a slash. */
  get apiUrl(): string {
    return `${this.url}/api/`
  }

  get botToken(): string {
    return this.#settings.botToken
  }

  get appToken(): string {
    return this.#settings.appToken
  }

  get signingSecret(): string {
    return this.#settings.signingSecret
  }

  /** Where interactions go from now on, unless a Socket Mode connection is open. */
  setRequestUrl(url: string): void {
    this.#courier.requestUrl = url
  }

  // What happened.

  /** Calls of the app, of one method or of all, in the order in which they were taken. */
  calls(method?: string): readonly Call[] {
    return method === undefined ? this.#calls : this.#calls.filter((call) => call.method === method)
  }

  /** Interactions that went to the app, in order. */
  get deliveries(): readonly Delivery[] {
    return this.#deliveries
  }

  /** What people were shown because the app did not answer as it should. */
  get troubles(): readonly Trouble[] {
    return this.#troubles
  }

  subscribe(listener: (event: SlackEvent) => void): () => void {
    return this.#events.subscribe(listener)
  }

  /** The first value that `probe` finds, looked for now and after each event; throws after `ms` (5,000), naming `what` was missed. */
  until<T>(probe: () => T | undefined | null | false, what: string, ms?: number): Promise<T> {
    return this.#events.until(probe, what, ms)
  }

  // What people see.

  /** Of the first channel unless one is named: oldest first, without replies that were not broadcast. */
  messages(channel: string = this.workspace.channels[0]?.id ?? ''): readonly Message[] {
    return this.workspace.messages(channel)
  }

  message(ts: string): Message | undefined {
    return this.workspace.message(ts)
  }

  /** Replies to a message, oldest first. */
  thread(ts: string): readonly Message[] {
    return this.workspace.replies(this.workspace.message(ts)?.channel ?? '', ts)
  }

  /** What only this person (id or handle) sees, oldest first. */
  ephemerals(user: string): readonly Message[] {
    return this.workspace.ephemerals(this.person(user).id)
  }

  /** The modal in front of this person. */
  modal(user: string): View | undefined {
    return this.modals(user).at(-1)
  }

  /** All modals of this person, bottom first. */
  modals(user: string): readonly View[] {
    return this.#views.stack(this.person(user).id)
  }

  person(user: string): Person {
    return this.#interactions.person(user)
  }

  // What people do.

  /** Presses a button (and confirms, where it asks). Throws where that place has no such button; resolves with how the app took it. */
  click(press: Press): Promise<Ack> {
    return this.#interactions.click(press)
  }

  /** Chooses options, or fills in a text. `undefined` for inputs of a modal, which tell the app only on submit. */
  pick(choice: Choice): Promise<Ack | undefined> {
    return this.#interactions.pick(choice)
  }

  /** Fills in what is given, and submits the modal in front. */
  submit(submit: Submit): Promise<Submission> {
    return this.#interactions.submit(submit)
  }

  /** Closes the modal in front. */
  closeModal(place: Omit<Place, 'ts' | 'message'>): Promise<void> {
    return this.#interactions.close(place)
  }

  deleteMessage(ts: string): void {
    this.workspace.remove(ts)
  }

  /** Archives a channel, or takes the bot or people out of it. */
  changeChannel(id: string, changes: Partial<Omit<Channel, 'id'>>): void {
    this.workspace.change(id, changes)
  }

  // What goes wrong.

  /** Plans a fault for the next `times` calls (1) of a method; `*` is any, `response_url` is one too. */
  fault(method: string, rule: FaultRule, times?: number): void {
    this.#faults.add(method, rule, times)
  }

  /** Forgets the faults planned for a method, or all. */
  heal(method?: string): void {
    this.#faults.heal(method)
  }

  /** Moves the time that trigger_ids, response_urls and message timestamps go by, in milliseconds. */
  advance(ms: number): void {
    this.#clock.advance(ms)
  }

  /** Sends any payload as an interaction, signed rightly unless a forgery is named. */
  deliver(payload: Readonly<Record<string, unknown>>, forgery?: Forgery): Promise<Delivery> {
    return this.#courier.send(payload, forgery)
  }

  /** Sends the bytes and the signature of an earlier interaction once more. */
  replay(delivery: Delivery): Promise<Delivery> {
    return this.#courier.replay(delivery)
  }

  #record(event: SlackEvent): void {
    if (event.type === 'call') this.#calls.push(event.call)
    if (event.type === 'delivery') this.#deliveries.push(event.delivery)
    if (event.type === 'trouble') this.#troubles.push(event.trouble)
    this.#events.emit(event)
  }
}
