import * as z from 'zod'
import { alertname } from './alert.ts'
import { AlertmanagerError, type Api, Silence } from './api.ts'
import { type EqualityMatchers, filters, fromWire, toWire } from './matchers.ts'
import { distinct, fromAll, fromAny, fromReachable, groupsOfPeers } from './several.ts'

/** An active silence that is made of equality matchers alone. */
export interface PolledSilence {
  readonly id: string
  readonly matchers: EqualityMatchers
  /** RFC 3339. */
  readonly startsAt: string
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

export interface SilenceRequest {
  readonly matchers: EqualityMatchers
  /** RFC 3339. */
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
}

/** KubeDaemonSetRolloutStuck fires along with every lasting misscheduling, so that a silence of it may belong to the same incident. */
const alertnames = [alertname, 'KubeDaemonSetRolloutStuck']

const Created = z.object({ silenceID: z.string() })

export async function activeSilences(api: Api): Promise<PolledSilence[]> {
  const lists = await Promise.all(alertnames.map((name) => silencesWith(api, { alertname: name })))
  return lists.flat().flatMap(active)
}

/** Once for each group of Alertmanagers that gossip; the first one's is returned, and finds its copies again when it is extended or ended. */
export async function createSilence(
  apis: readonly Api[],
  request: SilenceRequest,
): Promise<PolledSilence & { existed: boolean }> {
  if (request.createdBy.trim() === '' || request.comment.trim() === '')
    throw new Error('a silence needs a creator and a comment')
  const made: (PolledSilence & { existed: boolean })[] = []
  for (const [api] of await groupsOfPeers(apis)) if (api) made.push(await createOnce(api, request))
  const [first] = made
  if (!first) throw new AlertmanagerError('no Alertmanager is configured: set ALERTMANAGER_URL')
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
    { ...request, matchers: toWire(request.matchers), startsAt },
    Created,
  )
  return { ...request, id: silenceID, startsAt, existed: false }
}

export async function extendSilence(
  apis: readonly Api[],
  id: string,
  endsAt: string,
): Promise<{ id: string }> {
  let extended: { id: string } | undefined
  for (const { api, silence } of await copiesOf(apis, id)) {
    // Unless the matchers stand in the same order and startsAt is the same, Alertmanager ends this silence and makes another.
    const { matchers, startsAt, createdBy, comment } = silence
    const { silenceID } = await api.post(
      '/api/v2/silences',
      { id: silence.id, matchers, startsAt, endsAt, createdBy, comment },
      Created,
    )
    extended ??= { id: silenceID }
  }
  if (!extended)
    throw new AlertmanagerError(`Alertmanager does not know the silence ${id} any more`, 404)
  return extended
}

export async function expireSilence(apis: readonly Api[], id: string): Promise<void> {
  for (const { api, silence } of await copiesOf(apis, id)) {
    if (silence.status.state !== 'expired')
      await orMissing(api.delete(`/api/v2/silence/${encodeURIComponent(silence.id)}`))
  }
}

/** The silence, and after it those that `createSilence` made along with it in Alertmanagers which do not gossip with its own. */
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
  const matchers = own && fromWire(own.silence)
  const strangers = apis.filter((api) => !found.some((one) => one.api === api))
  if (!own || !matchers || strangers.length === 0) return own ? [own] : []
  const copies = await fromReachable(strangers, async (api) =>
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

/** All that have these matchers among theirs, expired ones too: Alertmanager compares them one by one. */
function silencesWith(api: Api, matchers: EqualityMatchers): Promise<Silence[]> {
  return api.get(`/api/v2/silences?${filters(matchers)}`, z.array(Silence))
}

function active(silence: Silence): PolledSilence[] {
  const matchers = fromWire(silence)
  if (silence.status.state !== 'active' || !matchers) return []
  const { id, startsAt, endsAt, createdBy, comment } = silence
  return [{ id, matchers, startsAt, endsAt, createdBy, comment }]
}

/** Alertmanager answers 404 for an id that it does not know, and 422 for one that it could never have given. */
async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof AlertmanagerError && (error.status === 404 || error.status === 422))
      return undefined
    throw error
  }
}
