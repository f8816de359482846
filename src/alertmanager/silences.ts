import * as z from 'zod'
import { alertname } from './alert.ts'
import { AlertmanagerError, type Api, Silence } from './api.ts'
import { type EqualityMatchers, equalityMatchersOf, filters, toApiMatchers } from './matchers.ts'
import { distinct, fromAll, fromAny, fromReachable, groupsOfPeers } from './several.ts'

/** An active silence that has only equality matchers. */
export interface PolledSilence {
  readonly id: string
  readonly matchers: EqualityMatchers
  /** RFC 3339. */
  readonly startsAt: string
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

/** A silence to create. It starts now. */
export interface SilenceRequest {
  readonly matchers: EqualityMatchers
  /** RFC 3339. */
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

/**
 * KubeDaemonSetRolloutStuck also fires if a misscheduling lasts, so a silence on it can belong to
 * the same incident.
 */
const alertnames = [alertname, 'KubeDaemonSetRolloutStuck']

const Created = z.object({ silenceID: z.string() })

/** Of this alert and of KubeDaemonSetRolloutStuck. */
export async function activeSilences(api: Api): Promise<PolledSilence[]> {
  const lists = await Promise.all(alertnames.map((name) => silencesWith(api, { alertname: name })))
  return lists.flat().flatMap(active)
}

/**
 * Creates the silence once in each cluster of Alertmanagers. Returns the first; `extendSilence` and
 * `expireSilence` find the others by its matchers, creator and comment.
 */
export async function createSilence(
  apis: readonly Api[],
  request: SilenceRequest,
): Promise<PolledSilence & { existed: boolean }> {
  if (request.createdBy.trim() === '' || request.comment.trim() === '')
    throw new Error('A silence needs a creator and a comment')
  const made: (PolledSilence & { existed: boolean })[] = []
  for (const [api] of await groupsOfPeers(apis)) if (api) made.push(await createOnce(api, request))
  const [first] = made
  if (!first) throw new AlertmanagerError('No Alertmanager is configured. Set ALERTMANAGER_URL')
  return first
}

async function createOnce(
  api: Api,
  request: SilenceRequest,
): Promise<PolledSilence & { existed: boolean }> {
  const size = Object.keys(request.matchers).length
  const equal = (await silencesWith(api, request.matchers))
    .flatMap(active)
    .find(({ matchers }) => Object.keys(matchers).length === size)
  if (equal) return { ...equal, existed: true }
  const startsAt = new Date().toISOString()
  const { silenceID } = await api.post(
    '/api/v2/silences',
    { ...request, matchers: toApiMatchers(request.matchers), startsAt },
    Created,
  )
  return { ...request, id: silenceID, startsAt, existed: false }
}

/**
 * Sets a new end, RFC 3339. Throws AlertmanagerError with status 404 if no Alertmanager has the
 * silence.
 */
export async function extendSilence(
  apis: readonly Api[],
  id: string,
  endsAt: string,
): Promise<{ id: string }> {
  let extended: { id: string } | undefined
  for (const { api, silence } of await copiesOf(apis, id)) {
    // Alertmanager replaces the silence unless startsAt and the order of the matchers are the same.
    const { matchers, startsAt, createdBy, comment } = silence
    const { silenceID } = await api.post(
      '/api/v2/silences',
      { id: silence.id, matchers, startsAt, endsAt, createdBy, comment },
      Created,
    )
    extended ??= { id: silenceID }
  }
  if (!extended) throw new AlertmanagerError(`Alertmanager no longer has the silence ${id}`, 404)
  return extended
}

/** Ends the silence now. One that has ended, or that no Alertmanager has, is not an error. */
export async function expireSilence(apis: readonly Api[], id: string): Promise<void> {
  for (const { api, silence } of await copiesOf(apis, id)) {
    if (silence.status.state !== 'expired')
      await orMissing(api.delete(`/api/v2/silence/${encodeURIComponent(silence.id)}`))
  }
}

/** The silence, then its copies in Alertmanagers that do not gossip with the one that has it. */
async function copiesOf(
  apis: readonly Api[],
  id: string,
): Promise<{ api: Api; silence: Silence }[]> {
  const ask = async (api: Api): Promise<{ api: Api; silence: Silence }[]> => {
    const silence = await orMissing(api.get(`/api/v2/silence/${encodeURIComponent(id)}`, Silence))
    return silence ? [{ api, silence }] : []
  }
  const found = await fromAny(apis, ask)
  const own = found[0] ?? (await fromAll(apis, ask))[0]
  const matchers = own && equalityMatchersOf(own.silence)
  const others = apis.filter((api) => !found.some((one) => one.api === api))
  if (!own || !matchers || others.length === 0) return own ? [own] : []
  const copies = await fromReachable(others, async (api) =>
    (await silencesWith(api, matchers))
      .filter(
        ({ status, comment, createdBy }) =>
          status.state !== 'expired' &&
          comment === own.silence.comment &&
          createdBy === own.silence.createdBy,
      )
      .map((silence) => ({ api, silence })),
  )
  return distinct([own, ...copies.answers], ({ silence }) => silence.id)
}

/** Every silence that has at least these matchers, expired ones too. */
function silencesWith(api: Api, matchers: EqualityMatchers): Promise<Silence[]> {
  return api.get(`/api/v2/silences?${filters(matchers)}`, z.array(Silence))
}

function active(silence: Silence): PolledSilence[] {
  const matchers = equalityMatchersOf(silence)
  if (silence.status.state !== 'active' || !matchers) return []
  const { id, startsAt, endsAt, createdBy, comment } = silence
  return [{ id, matchers, startsAt, endsAt, createdBy, comment }]
}

/** undefined for an id that Alertmanager does not have (404) or that is not a UUID (422). */
async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof AlertmanagerError && (error.status === 404 || error.status === 422))
      return undefined
    throw error
  }
}
