import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ApiError } from './api-error.ts'
import type { Labels } from './labels.ts'
import { compiled, type Matcher, matchesAll } from './matchers.ts'

/** As the API shows it. Times are RFC 3339. */
export interface Silence {
  readonly id: string
  readonly status: { readonly state: 'pending' | 'active' | 'expired' }
  readonly updatedAt: string
  readonly comment: string
  readonly createdBy: string
  readonly endsAt: string
  readonly matchers: readonly Matcher[]
  readonly startsAt: string
}

export interface Silences {
  /** Makes one, or changes the one that `id` names. Returns the id it has then. Throws ApiError as the real one refuses. */
  set(body: unknown): string
  /** Ends it now; nothing happens to one that has ended. */
  expire(id: string): void
  get(id: string): Silence
  /** All, expired ones too, whose own matchers include every one of these. */
  list(filter: readonly Matcher[]): Silence[]
  /** Ids of the active ones that match. */
  silencing(labels: Labels): string[]
}

type Stored = Omit<Silence, 'status'>

export function createSilences(now: () => number = Date.now): Silences {
  const stored = new Map<string, Stored>()
  const find = (id: string) => {
    const silence = stored.get(id)
    if (!silence) throw new ApiError(404, 'silence not found')
    return silence
  }
  const expire = (silence: Stored) => {
    if (stateOf(silence, now()) === 'expired') return
    const at = iso(now())
    const startsAt = iso(Math.min(Date.parse(silence.startsAt), now()))
    stored.set(silence.id, { ...silence, startsAt, endsAt: at, updatedAt: at })
  }
  const shown = (silence: Stored): Silence => {
    const { id, updatedAt, comment, createdBy, endsAt, matchers, startsAt } = silence
    return {
      id,
      status: { state: stateOf(silence, now()) },
      updatedAt,
      comment,
      createdBy,
      endsAt,
      matchers,
      startsAt,
    }
  }
  return {
    set(body) {
      const { id, ...wanted } = readPostable(body)
      const at = now()
      if (wanted.endsAt <= iso(at))
        throw new ApiError(400, "invalid silence: end time can't be in the past")
      const previous = id === undefined ? undefined : find(id)
      if (previous && canUpdate(previous, wanted, at)) {
        stored.set(previous.id, {
          ...previous,
          ...wanted,
          startsAt: previous.startsAt,
          updatedAt: iso(at),
        })
        return previous.id
      }
      if (previous) expire(previous)
      const made = randomUUID()
      const startsAt = iso(Math.max(Date.parse(wanted.startsAt), at))
      stored.set(made, { id: made, ...wanted, startsAt, updatedAt: iso(at) })
      return made
    },
    expire: (id) => expire(find(uuid(id))),
    get: (id) => shown(find(uuid(id))),
    list(filter) {
      const own = (silence: Stored, { name, value, isRegex, isEqual }: Matcher) =>
        silence.matchers.some(
          (one) =>
            one.name === name &&
            one.value === value &&
            one.isRegex === isRegex &&
            one.isEqual === isEqual,
        )
      return [...stored.values()]
        .filter((silence) => filter.every((matcher) => own(silence, matcher)))
        .map(shown)
        .sort(byState)
    },
    silencing: (labels) =>
      [...stored.values()]
        .filter(
          (silence) => stateOf(silence, now()) === 'active' && matchesAll(silence.matchers, labels),
        )
        .map(({ id }) => id),
  }
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

function stateOf({ startsAt, endsAt }: Stored, now: number): Silence['status']['state'] {
  if (Date.parse(endsAt) <= now) return 'expired'
  return Date.parse(startsAt) > now ? 'pending' : 'active'
}

/** The id stays only if the matchers are the same in the same order and, once it is active, the start is the same to the second. */
function canUpdate(previous: Stored, next: Omit<Stored, 'id' | 'updatedAt'>, now: number): boolean {
  if (!isDeepStrictEqual(previous.matchers, next.matchers)) return false
  const state = stateOf(previous, now)
  return (
    state === 'pending' ||
    (state === 'active' && previous.startsAt.slice(0, 19) === next.startsAt.slice(0, 19))
  )
}

const STATES = ['active', 'pending', 'expired']

/** Active ones that end first, then pending ones that begin first, then expired ones that ended last. */
function byState(a: Silence, b: Silence): number {
  if (a.status.state !== b.status.state)
    return STATES.indexOf(a.status.state) - STATES.indexOf(b.status.state)
  if (a.status.state === 'expired') return b.endsAt.localeCompare(a.endsAt)
  return a.status.state === 'pending'
    ? a.startsAt.localeCompare(b.startsAt)
    : a.endsAt.localeCompare(b.endsAt)
}

function uuid(id: string): string {
  if (!UUID.test(id))
    throw new ApiError(422, `silenceID in path must be of type uuid: ${JSON.stringify(id)}`, 601)
  return id
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** The schema's errors first (422 with a code), then what the handler refuses (400, a bare string). */
function readPostable(body: unknown): Omit<Stored, 'id' | 'updatedAt'> & { readonly id?: string } {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  for (const name of ['comment', 'createdBy', 'endsAt', 'matchers', 'startsAt']) {
    if (given[name] === undefined || given[name] === null)
      throw new ApiError(422, `${name} in body is required`, 602)
  }
  const { id, comment, createdBy } = given
  for (const [name, value] of Object.entries({ comment, createdBy })) {
    if (typeof value !== 'string')
      throw new ApiError(422, `${name} in body must be of type string`, 601)
  }
  const [startsAt, endsAt] = [timeOf('startsAt', given.startsAt), timeOf('endsAt', given.endsAt)]
  if (!Array.isArray(given.matchers) || given.matchers.length === 0)
    throw new ApiError(422, 'matchers in body should have at least 1 items', 612)
  const matchers = given.matchers.map((matcher: unknown, index) => readMatcher(matcher, index))
  if (id !== undefined && id !== '' && !UUID.test(String(id)))
    throw new ApiError(404, 'silence not found')
  if (endsAt < startsAt)
    throw new ApiError(400, 'invalid silence: end time must not be before start time')
  if (matchers.every((matcher) => matchesAll([matcher], {}))) {
    throw new ApiError(400, 'invalid silence: at least one matcher must not match the empty string')
  }
  return {
    ...(id ? { id: String(id) } : {}),
    comment: String(comment),
    createdBy: String(createdBy),
    endsAt,
    matchers,
    startsAt,
  }
}

function readMatcher(matcher: unknown, index: number): Matcher {
  const given = (typeof matcher === 'object' && matcher !== null ? matcher : {}) as Record<
    string,
    unknown
  >
  for (const name of ['isRegex', 'name', 'value']) {
    if (given[name] === undefined || given[name] === null)
      throw new ApiError(422, `matchers.${index}.${name} in body is required`, 602)
  }
  const { isEqual = true, isRegex, name, value } = given
  if (
    typeof isRegex !== 'boolean' ||
    typeof isEqual !== 'boolean' ||
    typeof name !== 'string' ||
    typeof value !== 'string'
  ) {
    throw new ApiError(422, `matchers.${index} in body has a member of the wrong type`, 601)
  }
  if (isRegex && !compiled(value))
    throw new ApiError(
      400,
      `invalid silence: invalid label matcher ${index}: error parsing regexp: \`${value}\``,
    )
  return { isEqual, isRegex, name, value }
}

function timeOf(name: string, value: unknown): string {
  const at = new Date(String(value))
  if (typeof value !== 'string' || Number.isNaN(at.getTime()))
    throw new ApiError(
      422,
      `${name} in body must be of type date-time: ${JSON.stringify(value)}`,
      601,
    )
  return at.toISOString()
}
