import * as z from 'zod'
import type { Config } from '../config/config.ts'
import { errorMessage } from '../words/error-message.ts'
import { alertname } from './alert.ts'
import { type Api, apiOf, GettableAlert } from './api.ts'
import { alertsUrl, newSilenceUrl, silenceUrl } from './links.ts'
import { type EqualityMatchers, filters } from './matchers.ts'
import { distinct, fromAll, fromAny } from './several.ts'
import {
  activeSilences,
  createSilence,
  expireSilence,
  extendSilence,
  type PolledSilence,
  type SilenceRequest,
} from './silences.ts'

export type { GettableAlert } from './api.ts'
export { AlertmanagerError } from './api.ts'
export type { EqualityMatchers } from './matchers.ts'
export type { PolledSilence, SilenceRequest } from './silences.ts'

export interface Poll {
  /** What fires now, silenced and inhibited alerts too: all that any Alertmanager shows. */
  readonly alerts: readonly GettableAlert[]
  /** Active silences on this alert or on what fires along with it; undefined where not all could be read. */
  readonly silences: readonly PolledSilence[] | undefined
  readonly reachable: readonly string[]
  readonly unreachable: readonly { readonly url: string; readonly reason: string }[]
  /** Whether an alert that is not among `alerts` is absent: every Alertmanager answered, and has been up long enough to know. */
  readonly absenceCounts: boolean
}

/** Alertmanager as the bot uses it. All but `poll` throw AlertmanagerError, which says what was asked and what came back. */
export interface AlertmanagerClient {
  /** Never throws: an Alertmanager that does not answer is named in `unreachable`. */
  poll(): Promise<Poll>
  /** What fires now and would be hit by a silence with these matchers. */
  matching(matchers: EqualityMatchers): Promise<readonly GettableAlert[]>
  /** As in a poll; throws where not all could be read. */
  activeSilences(): Promise<readonly PolledSilence[]>
  /** Makes a silence, or returns the active one that has the same matchers already, with the end that it has (`existed`). */
  createSilence(request: SilenceRequest): Promise<PolledSilence & { readonly existed: boolean }>
  /** Moves the end of a silence; its id may change. */
  extendSilence(id: string, endsAt: string): Promise<{ readonly id: string }>
  /** Ends a silence; one that has ended, or is not known any more, is as good. */
  expireSilence(id: string): Promise<void>
  silenceUrl(id: string): string
  alertsUrl(labels: EqualityMatchers): string
  /** Alertmanager's own form, filled in as far as a link can. */
  newSilenceUrl(matchers: EqualityMatchers, comment: string): string
  /** Of each Alertmanager: its version, or why it did not answer. */
  versions(): Promise<
    readonly { readonly url: string; readonly version?: string; readonly reason?: string }[]
  >
}

/** Alertmanager forgets its alerts when it restarts; Prometheus sends them again within a minute or two. Milliseconds. */
const upLongEnoughMs = 5 * 60_000

const timeoutMs = 10_000

/** Alertmanager's API v2, at one address or at several. */
export function alertmanagerClient(
  settings: Config['alertmanager'],
  fetch: typeof globalThis.fetch,
): AlertmanagerClient {
  const apis = settings.urls.map((url) => apiOf(url, settings, fetch, timeoutMs))
  const base = settings.publicUrl ?? settings.urls[0] ?? ''
  return {
    poll: () => poll(apis),
    matching: async (matchers) =>
      distinct(await fromAny(apis, (api) => firing(api, matchers)), (alert) => alert.fingerprint),
    activeSilences: async () =>
      distinct(await fromAll(apis, activeSilences), (silence) => silence.id),
    createSilence: (request) => createSilence(apis, request),
    extendSilence: (id, endsAt) => extendSilence(apis, id, endsAt),
    expireSilence: (id) => expireSilence(apis, id),
    silenceUrl: (id) => silenceUrl(base, id),
    alertsUrl: (labels) => alertsUrl(base, labels),
    newSilenceUrl: (matchers, comment) => newSilenceUrl(base, matchers, comment),
    versions: () =>
      Promise.all(
        apis.map((api) =>
          api.status().then(
            ({ version }) => ({ url: api.url, version }),
            (error: unknown) => ({ url: api.url, reason: reasonOf(error) }),
          ),
        ),
      ),
  }
}

async function poll(apis: readonly Api[]): Promise<Poll> {
  const answers = await Promise.allSettled(
    apis.map(async (api) => {
      const [alerts, status, silences] = await Promise.all([
        firing(api, { alertname }),
        api.status(),
        activeSilences(api),
      ])
      return { url: api.url, alerts, silences, upForMs: status.upForMs }
    }),
  )
  const reached = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const unreachable = answers.flatMap((answer, index) =>
    answer.status === 'rejected'
      ? [{ url: apis[index]?.url ?? '', reason: reasonOf(answer.reason) }]
      : [],
  )
  const alerts = reached.flatMap((answer) => answer.alerts)
  const silences = reached.flatMap((answer) => answer.silences)
  return {
    alerts: distinct(alerts, (alert) => alert.fingerprint),
    silences: unreachable.length === 0 ? distinct(silences, (silence) => silence.id) : undefined,
    reachable: reached.map(({ url }) => url),
    unreachable,
    absenceCounts:
      apis.length > 0 &&
      unreachable.length === 0 &&
      reached.every(({ upForMs }) => upForMs > upLongEnoughMs),
  }
}

/** Alertmanager lists silenced and inhibited alerts too unless it is told not to, and leaves out resolved ones. */
function firing(api: Api, labels: EqualityMatchers): Promise<GettableAlert[]> {
  return api.get(`/api/v2/alerts?${filters(labels)}`, z.array(GettableAlert))
}

function reasonOf(error: unknown): string {
  return errorMessage(error)
}
