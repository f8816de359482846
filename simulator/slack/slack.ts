import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { AppEndpoint, type Forgery } from './app-endpoint.ts'
import { type Call, type FaultRule, Faults } from './call.ts'
import { type ClientError, type Delivery, Events, type SlackEvent } from './events.ts'
import { ResponseUrls, Triggers } from './interaction-tokens.ts'
import { type Choice, type Click, Interactions, type Place, type Submit } from './interactions.ts'
import { Modals } from './modals.ts'
import type { Ack, Channel, Message, Person, SubmitResult, View } from './model.ts'
import { type Settings, type SlackOptions, settings } from './options.ts'
import { SocketMode } from './socket-mode.ts'
import type { MethodContext } from './web-api/method.ts'
import { webApi } from './web-api/web-api.ts'
import { Workspace } from './workspace.ts'

/** More routes on the same server, such as the page that shows the channel. */
export type Routes = (slack: Slack) => Hono<{ Bindings: HttpBindings }>

/**
 * Starts a workspace with one channel, two people and one app, unless the options say otherwise.
 * `stop` ends it.
 */
export async function startSlack(options: SlackOptions = {}, routes?: Routes): Promise<Slack> {
  const slack = new Slack(settings(options), options.requestUrl)
  await slack.listen(routes)
  return slack
}

/**
 * A strict simulated Slack on loopback. It serves the Web API of one app with Slack's checks,
 * limits and error codes, lets people click and submit, and fails on request in the ways in which
 * Slack fails.
 */
export class Slack {
  readonly #settings: Settings
  readonly #events = new Events()
  readonly #faults = new Faults()
  readonly #calls: Call[] = []
  readonly #deliveries: Delivery[] = []
  readonly #clientErrors: ClientError[] = []
  readonly #modals: Modals
  readonly #endpoint: AppEndpoint
  readonly #responseUrls: ResponseUrls
  readonly #interactions: Interactions
  readonly #context: MethodContext
  #aheadMs = 0
  #server: Server | undefined

  readonly workspace: Workspace
  readonly socketMode: SocketMode
  readonly botToken: string
  readonly appToken: string
  readonly signingSecret: string
  /** Interactions sent to the app, in order. */
  readonly deliveries: readonly Delivery[] = this.#deliveries
  /** Errors that Slack's client showed people because the app did not answer as it should. */
  readonly clientErrors: readonly ClientError[] = this.#clientErrors

  constructor(config: Settings, requestUrl: string | undefined) {
    const now = () => Date.now() + this.#aheadMs
    const emit = (event: SlackEvent) => this.#record(event)
    const url = () => this.url
    const triggers = new Triggers(now)
    this.#settings = config
    this.botToken = config.botToken
    this.appToken = config.appToken
    this.signingSecret = config.signingSecret
    this.workspace = new Workspace(config, now, emit)
    this.socketMode = new SocketMode(emit)
    this.#modals = new Modals(now, emit)
    this.#endpoint = new AppEndpoint(config, this.socketMode, emit)
    this.#endpoint.requestUrl = requestUrl
    this.#responseUrls = new ResponseUrls(this.workspace, now)
    const shared = { workspace: this.workspace, modals: this.#modals, triggers, url }
    this.#context = { ...shared, settings: config, socketMode: this.socketMode }
    this.#interactions = new Interactions({
      ...shared,
      responseUrls: this.#responseUrls,
      endpoint: this.#endpoint,
      now,
      emit,
    })
  }

  /** Called once, by `startSlack`. */
  async listen(routes?: Routes): Promise<void> {
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.route(
      '/',
      webApi(this.#context, this.#responseUrls, this.#faults, (event) => this.#record(event)),
    )
    if (routes) app.route('/', routes(this))
    const server = createServer(getRequestListener(app.fetch))
    this.socketMode.attach(server)
    server.listen(this.#settings.port, this.#settings.host)
    await once(server, 'listening')
    this.#server = server
  }

  /** Stops the server and closes all connections. */
  async stop(): Promise<void> {
    this.socketMode.close()
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    this.#server?.closeAllConnections()
    await closed
  }

  // The app's configuration.

  /** Without a trailing slash. */
  get url(): string {
    const address = this.#server?.address()
    if (typeof address !== 'object' || address === null)
      throw new Error('the simulated Slack is not listening')
    return `http://${this.#settings.host}:${address.port}`
  }

  /** The value for `SLACK_API_URL`, with a trailing slash. */
  get apiUrl(): string {
    return `${this.url}/api/`
  }

  /** Sets where interactions go while no Socket Mode connection is open. */
  setRequestUrl(url: string): void {
    this.#endpoint.requestUrl = url
  }

  // Records.

  /** The app's calls of one method, or of all, in order. */
  calls(method?: string): readonly Call[] {
    return method === undefined ? this.#calls : this.#calls.filter((call) => call.method === method)
  }

  /** Returns a function that unsubscribes. */
  subscribe(listener: (event: SlackEvent) => void): () => void {
    return this.#events.subscribe(listener)
  }

  /** Waits for the first value of `probe`. Rejects after `ms` (default 5000), naming `what`. */
  until<T>(probe: () => T | undefined | null | false, what: string, ms?: number): Promise<T> {
    return this.#events.until(probe, what, ms)
  }

  // What people see.

  /** Messages in a channel (default: the first), oldest first. Includes broadcast replies only. */
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

  /** Ephemeral messages of a person (id or handle), oldest first. */
  ephemerals(user: string): readonly Message[] {
    return this.workspace.ephemerals(this.person(user).id)
  }

  /** The modal in front, if the person has one open. */
  modal(user: string): View | undefined {
    return this.modals(user).at(-1)
  }

  /** All open modals of a person, the one in front last. */
  modals(user: string): readonly View[] {
    return this.#modals.stack(this.person(user).id)
  }

  /** By id or handle. Throws if there is no such person. */
  person(user: string): Person {
    return this.#interactions.person(user)
  }

  // What people do.

  /** Clicks a button, and confirms if it asks. Throws if there is no such button. */
  click(press: Click): Promise<Ack> {
    return this.#interactions.click(press)
  }

  /** Chooses options, or types text. undefined for an input of a modal, sent on submit. */
  pick(choice: Choice): Promise<Ack | undefined> {
    return this.#interactions.pick(choice)
  }

  /** Sets the given values and submits the modal in front. */
  submit(submit: Submit): Promise<SubmitResult> {
    return this.#interactions.submit(submit)
  }

  /** Closes the modal in front. */
  closeModal(place: Omit<Place, 'ts' | 'message'>): Promise<void> {
    return this.#interactions.close(place)
  }

  /** Deletes a message as a person does. */
  deleteMessage(ts: string): void {
    this.workspace.remove(ts)
  }

  /** Changes a channel, for example archives it or removes the bot. */
  changeChannel(id: string, changes: Partial<Omit<Channel, 'id'>>): void {
    this.workspace.change(id, changes)
  }

  // Failures.

  /** Makes the next `times` (default 1) calls of a method, `response_url` or `*` (any) fail. */
  addFault(method: string, rule: FaultRule, times?: number): void {
    this.#faults.add(method, rule, times)
  }

  /** Removes the faults planned for a method, or all. */
  clearFaults(method?: string): void {
    this.#faults.clear(method)
  }

  /** Moves Slack's clock forward, by which trigger_ids and response_urls expire. */
  advance(ms: number): void {
    this.#aheadMs += ms
  }

  /** Sends any payload as an interaction, signed correctly unless a forgery is named. */
  deliver(payload: Readonly<Record<string, unknown>>, forgery?: Forgery): Promise<Delivery> {
    return this.#endpoint.send(payload, forgery)
  }

  /** Sends the bytes and the signature of an earlier delivery again. */
  replay(delivery: Delivery): Promise<Delivery> {
    return this.#endpoint.replay(delivery)
  }

  #record(event: SlackEvent): void {
    if (event.type === 'call') this.#calls.push(event.call)
    if (event.type === 'delivery') this.#deliveries.push(event.delivery)
    if (event.type === 'clientError') this.#clientErrors.push(event.error)
    this.#events.emit(event)
  }
}
