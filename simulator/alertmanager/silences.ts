import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Labels } from './alert.ts'
import { ApiError, readSilence, readSilenceId, type SilenceInput } from './api-requests.ts'
import { type Matcher, matchesAll } from './matchers.ts'

/** A silence as the API returns it. Times are RFC 3339. */
export interface Silence extends SilenceInput {
  readonly id: string
  readonly status: { readonly state: 'pending' | 'active' | 'expired' }
  readonly updatedAt: string
}

/** Alertmanager's silences. Methods throw `ApiError` where the real API refuses. */
export interface Silences {
  /**
   * Creates a silence, or updates the one that `id` names. Returns its id, which is new if the
   * update replaced the silence.
   */
  set(body: unknown): string
  /** Ends a silence now. Does nothing to an expired one. */
  expire(id: string): void
  get(id: string): Silence
  /** Silences, including expired ones, whose own matchers include all of these. */
  list(filter: readonly Matcher[]): Silence[]
  /** Ids of the active silences that match these labels. */
  silencedBy(labels: Labels): string[]
}

type StoredSilence = Omit<Silence, 'status'>

/** An empty set of silences. `now`: milliseconds since 1970. */
export function createSilences(now: () => number = Date.now): Silences {
  const stored = new Map<string, StoredSilence>()
  const find = (id: string) => {
    const silence = stored.get(id)
    if (!silence) throw new ApiError(404, 'silence not found')
    return silence
  }
  const expire = (silence: StoredSilence) => {
    if (stateOf(silence, now()) === 'expired') return
    const at = iso(now())
    const startsAt = iso(Math.min(Date.parse(silence.startsAt), now()))
    stored.set(silence.id, { ...silence, startsAt, endsAt: at, updatedAt: at })
  }
  const toSilence = (silence: StoredSilence): Silence => {
    const { id, updatedAt, comment, createdBy, endsAt, matchers, startsAt } = silence
    const status = { state: stateOf(silence, now()) }
    return { id, status, updatedAt, comment, createdBy, endsAt, matchers, startsAt }
  }
  return {
    set(body) {
      const { id, ...input } = readSilence(body)
      const at = now()
      if (input.endsAt <= iso(at))
        throw new ApiError(400, "invalid silence: end time can't be in the past")
      const previous = id === undefined ? undefined : find(id)
      if (previous && canUpdate(previous, input, at)) {
        stored.set(previous.id, {
          ...previous,
          ...input,
          startsAt: previous.startsAt,
          updatedAt: iso(at),
        })
        return previous.id
      }
      if (previous) expire(previous)
      const newId = randomUUID()
      const startsAt = iso(Math.max(Date.parse(input.startsAt), at))
      stored.set(newId, { id: newId, ...input, startsAt, updatedAt: iso(at) })
      return newId
    },
    expire: (id) => expire(find(readSilenceId(id))),
    get: (id) => toSilence(find(readSilenceId(id))),
    list: (filter) =>
      [...stored.values()]
        .filter((silence) => filter.every((matcher) => hasMatcher(silence, matcher)))
        .map(toSilence)
        .sort(byState),
    silencedBy: (labels) =>
      [...stored.values()]
        .filter(
          (silence) => stateOf(silence, now()) === 'active' && matchesAll(silence.matchers, labels),
        )
        .map(({ id }) => id),
  }
}

function hasMatcher(silence: StoredSilence, matcher: Matcher): boolean {
  const { name, value, isRegex, isEqual } = matcher
  return silence.matchers.some(
    (one) =>
      one.name === name &&
      one.value === value &&
      one.isRegex === isRegex &&
      one.isEqual === isEqual,
  )
}

const iso = (milliseconds: number) => new Date(milliseconds).toISOString()

function stateOf({ startsAt, endsAt }: StoredSilence, now: number): Silence['status']['state'] {
  if (Date.parse(endsAt) <= now) return 'expired'
  return Date.parse(startsAt) > now ? 'pending' : 'active'
}

/**
 * An update keeps the id only if the matchers are the same, in the same order, and an active
 * silence keeps its start to the second.
 */
function canUpdate(previous: StoredSilence, next: SilenceInput, now: number): boolean {
  if (!isDeepStrictEqual(previous.matchers, next.matchers)) return false
  const state = stateOf(previous, now)
  return (
    state === 'pending' ||
    (state === 'active' && previous.startsAt.slice(0, 19) === next.startsAt.slice(0, 19))
  )
}

const STATES = ['active', 'pending', 'expired']

/**
 * Active silences first, soonest end first; then pending, soonest start first; then expired, latest
 * end first.
 */
function byState(a: Silence, b: Silence): number {
  if (a.status.state !== b.status.state)
    return STATES.indexOf(a.status.state) - STATES.indexOf(b.status.state)
  if (a.status.state === 'expired') return b.endsAt.localeCompare(a.endsAt)
  return a.status.state === 'pending'
    ? a.startsAt.localeCompare(b.startsAt)
    : a.endsAt.localeCompare(b.endsAt)
}
