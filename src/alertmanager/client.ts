import * as z from 'zod'
import type { Config } from '../config/config.ts'
import { errorMessage } from '../words/error-message.ts'
import { alertname } from './alert.ts'
import { type Api, apiOf, GettableAlert } from './api.ts'
import { alertsUrl, type EqualityMatchers, filters, newSilenceUrl, silenceUrl } from './matchers.ts'
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

/** The state of every Alertmanager at one moment. */
export interface Poll {
  /** Alerts that fire in any of them, silenced and inhibited ones too. */
  readonly alerts: readonly GettableAlert[]
  /** As in `activeSilences`; undefined if one Alertmanager did not answer. */
  readonly silences: readonly PolledSilence[] | undefined
  readonly reachable: readonly string[]
  readonly unreachable: readonly { readonly url: string; readonly reason: string }[]
  /**
   * Whether an alert that is not in `alerts` does not fire: all answered and are up long enough.
   */
  readonly absenceCounts: boolean
}

/** One or several Alertmanagers. All calls except `poll` and `versions` throw AlertmanagerError. */
export interface AlertmanagerClient {
  /** Never throws: `unreachable` names those that do not answer. */
  poll(): Promise<Poll>
  /** The firing alerts that a silence with these matchers would match. */
  matching(matchers: EqualityMatchers): Promise<readonly GettableAlert[]>
  /** Those on this alert and on KubeDaemonSetRolloutStuck. Throws if one Alertmanager fails. */
  activeSilences(): Promise<readonly PolledSilence[]>
  /** Creates a silence. If an active one has the same matchers, returns that one (`existed`). */
  createSilence(request: SilenceRequest): Promise<PolledSilence & { readonly existed: boolean }>
  /** Changes the end of a silence; its id may change. */
  extendSilence(id: string, endsAt: string): Promise<{ readonly id: string }>
  /** Ends a silence; one that has already ended, or no longer exists, is not an error. */
  expireSilence(id: string): Promise<void>
  silenceUrl(id: string): string
  alertsUrl(labels: EqualityMatchers): string
  /** Alertmanager's form for a new silence, filled in. */
  newSilenceUrl(matchers: EqualityMatchers, comment: string): string
  /** The version of each, or the reason why it failed. */
  versions(): Promise<
    readonly { readonly url: string; readonly version?: string; readonly reason?: string }[]
  >
}

/** A restarted Alertmanager has no alerts until Prometheus sends them again, within 1 to 2 min. */
const upLongEnoughMs = 5 * 60_000

const timeoutMs = 10_000

/** A client of Alertmanager's API v2 at the addresses of the settings. */
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
            (error: unknown) => ({ url: api.url, reason: errorMessage(error) }),
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
      ? [{ url: apis[index]?.url ?? '', reason: errorMessage(answer.reason) }]
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

/** By default the API lists silenced and inhibited alerts too, and no resolved ones. */
function firing(api: Api, labels: EqualityMatchers): Promise<GettableAlert[]> {
  return api.get(`/api/v2/alerts?${filters(labels)}`, z.array(GettableAlert))
}
