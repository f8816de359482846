import type { Bot } from '../../bot.ts'
import { misscheduledHistory, type Sample } from '../../prometheus/history.ts'
import type { Diagnosis } from '../../triage/diagnosis.ts'
import { durationText } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import type { CountHistory, Observation } from '../state.ts'

const stepMs = 15 * 60_000
const steps = 24

/** All incidents of a round together wait this long for Prometheus. Milliseconds. */
const roundBudgetMs = 5_000

/**
 * Reads the count's history of an incident's largest DaemonSet from Prometheus: every 15 minutes,
 * or sooner if the count changed. It never throws and never delays a first message; without an
 * answer the message has no such line. Create one reader for each round.
 */
export function countHistoryReader(
  bot: Bot,
): (
  observation: Observation,
  last: Observation | undefined,
  isPosted: boolean,
) => Promise<CountHistory | undefined> {
  const { prometheusUrl } = bot.config
  let spentMs = 0
  return async (observation, last, isPosted) => {
    const largest = largestOf(observation.diagnoses)
    const known = last?.history
    const isOver = observation.state === 'closed' || observation.unreadable !== undefined
    if (prometheusUrl === undefined || !isPosted || !largest || isOver) return known
    const wanted = wantedHistory(largest, bot.now())
    if (known && isSame(known, wanted)) return known
    if (spentMs >= roundBudgetMs) return known
    const startedAt = bot.now()
    const counts = await readCounts(bot, prometheusUrl, largest, wanted)
    spentMs += bot.now().getTime() - startedAt.getTime()
    const since = sinceOf({ ...wanted, counts }, known)
    return { ...wanted, counts, ...(since === undefined ? {} : { since }) }
  }
}

async function readCounts(
  bot: Bot,
  url: string,
  { namespace, name }: Diagnosis,
  { until }: Wanted,
): Promise<CountHistory['counts']> {
  const { clusterName } = bot.config
  const from = new Date(Date.parse(until) - steps * stepMs)
  const cluster = clusterName ? { cluster: clusterName } : {}
  const query = { namespace, daemonset: name, ...cluster, from, to: bot.now() }
  try {
    const samples = await misscheduledHistory(url, query, (input, init) => fetch(input, init))
    bot.metrics.dependencyUp.set({ name: 'prometheus' }, 1)
    return countsOf(samples, from)
  } catch (error) {
    bot.metrics.dependencyUp.set({ name: 'prometheus' }, 0)
    bot.log.warn({ err: error }, 'count history not read: the message goes out without it')
    return []
  }
}

type Wanted = Omit<CountHistory, 'counts'>

function wantedHistory({ namespace, name, recount }: Diagnosis, now: Date): Wanted {
  const until = new Date((Math.floor(now.getTime() / stepMs) + 1) * stepMs).toISOString()
  return { until, daemonSet: `${namespace}/${name}`, count: recount.numberMisscheduled }
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.until === other.until && one.daemonSet === other.daemonSet && one.count === other.count
}

function largestOf(diagnoses: readonly Diagnosis[]): Diagnosis | undefined {
  const count = ({ recount }: Diagnosis): number => recount.numberMisscheduled
  return [...diagnoses].sort((a, b) => count(b) - count(a))[0]
}

/** The highest sample of each step. Pure. */
export function countsOf(samples: readonly Sample[], from: Date): (number | null)[] {
  const counts = Array.from({ length: steps }, (): number | null => null)
  for (const { at, value } of samples) {
    const index = Math.floor((Date.parse(at) - from.getTime()) / stepMs)
    if (index >= 0 && index < steps) counts[index] = Math.max(counts[index] ?? 0, value)
  }
  return counts
}

const bars = ['▁', '▂', '▃', '▅', '▇'] as const

/**
 * One character for each count: the lowest bar only for 0, the highest for the largest count, a dot
 * for no sample. Pure.
 */
export function sparkline(counts: CountHistory['counts']): string {
  const most = Math.max(1, ...counts.map((count) => count ?? 0))
  const bar = (count: number) => bars[Math.ceil((count / most) * (bars.length - 1))]
  return counts.map((count) => (count === null ? '·' : bar(count))).join('')
}

/**
 * Since when the count has been what it is now, RFC 3339: the beginning of the quarter of an hour
 * in which it changed. If that is older than the window, it is known from the last query (`last`).
 * undefined: unknown. Pure.
 */
export function sinceOf(
  { until, daemonSet, counts }: CountHistory,
  last: CountHistory | undefined,
): string | undefined {
  const fromMs = Date.parse(until) - counts.length * stepMs
  const latest = latestOf(counts)
  const changed = counts.findLastIndex((count) => count !== null && count !== latest)
  if (changed >= 0) {
    const first = counts.findIndex((count, index) => index > changed && count !== null)
    return new Date(fromMs + first * stepMs).toISOString()
  }
  const continues =
    last?.daemonSet === daemonSet &&
    Date.parse(last.until) >= fromMs &&
    latestOf(last.counts) === latest
  return continues ? last.since : undefined
}

function latestOf(counts: CountHistory['counts']): number | null {
  return counts.findLast((count) => count !== null) ?? null
}

/**
 * `▁▁▃▇ count over the last 6 h (status): 0 to 3`, or `count (status): 3 since …` if it did not
 * move; undefined without a sample, and for an incident that is over and shows no movement. It is
 * the status's count, which may lag behind the true count. If the incident has several DaemonSets,
 * the line names the one it is about.
 */
export function historyLine({
  history,
  alerts,
  state,
}: Pick<Observation, 'history' | 'alerts' | 'state'>): Words | undefined {
  const first = history?.counts.findIndex((count) => count !== null) ?? -1
  if (!history || first < 0) return undefined
  const counts = history.counts.slice(first)
  const known = counts.filter((count) => count !== null)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const of = alerts.length > 1 ? words` of ${code(history.daemonSet)}` : []
  if (least !== most) {
    const span = durationText(counts.length * stepMs)
    return words`${sparkline(counts)} count${of} over the last ${span} (status): ${least} to ${most}`
  }
  if (state === 'fixed' || state === 'closed') return undefined
  return words`count${of} (status): ${most} ${sinceWords(history, first)}`
}

function sinceWords({ until, counts, since }: CountHistory, first: number): Words {
  if (since !== undefined) return words`since ${time(since)}`
  if (first === 0) return words`for at least ${durationText(counts.length * stepMs)}`
  const firstMs = Date.parse(until) - (counts.length - first) * stepMs
  return words`since ${time(new Date(firstMs).toISOString())}, the first sample`
}
