import type { Bot } from '../../bot.ts'
import { misscheduledHistory, type Sample } from '../../prometheus/history.ts'
import type { Diagnosis } from '../../triage/diagnosis.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { CountHistory, Observation } from '../state.ts'

const stepMs = 15 * 60_000
const steps = 24

/** All incidents of a round together wait no longer for Prometheus. Milliseconds. */
const patienceMs = 5_000

/**
 * Asks Prometheus for the history of an incident's largest DaemonSet, at most once in a quarter of an hour unless its count has changed.
 * Never throws and never delays a first message: without an answer there is no line. One for each round.
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
    if (
      prometheusUrl === undefined ||
      !isPosted ||
      !largest ||
      observation.state === 'closed' ||
      observation.unreadable
    )
      return known
    const wanted = wantedHistory(largest, bot.now())
    if (known && isSame(known, wanted)) return known
    if (spentMs >= patienceMs) return known
    const begun = bot.now()
    const counts = await ask(bot, prometheusUrl, largest, wanted)
    spentMs += bot.now().getTime() - begun.getTime()
    return { ...wanted, counts }
  }
}

async function ask(
  bot: Bot,
  url: string,
  { namespace, name }: Diagnosis,
  { until }: Wanted,
): Promise<CountHistory['counts']> {
  const from = new Date(Date.parse(until) - steps * stepMs)
  const { clusterName } = bot.config
  const query = {
    namespace,
    daemonset: name,
    ...(clusterName ? { cluster: clusterName } : {}),
    from,
    to: bot.now(),
  }
  try {
    const samples = await misscheduledHistory(url, query, (input, init) => fetch(input, init))
    bot.metrics.dependencyUp.set({ name: 'prometheus' }, 1)
    return countsOf(samples, from)
  } catch (error) {
    bot.metrics.dependencyUp.set({ name: 'prometheus' }, 0)
    bot.log.warn(
      { err: error },
      'the history of the count could not be read; the message goes without that line',
    )
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
  return [...diagnoses].sort(
    (a, b) => b.recount.numberMisscheduled - a.recount.numberMisscheduled,
  )[0]
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

/** One character for each count: the lowest bar is 0 and no other count, the highest is the largest; a dot is no sample. Pure. */
export function sparkline(counts: CountHistory['counts']): string {
  const most = Math.max(1, ...counts.map((count) => count ?? 0))
  return counts
    .map((count) => (count === null ? '·' : bars[Math.ceil((count / most) * (bars.length - 1))]))
    .join('')
}

/**
 * `▁▁▃▇ count over the last 6 h (status): 0 to 3`; undefined where nothing is known. It is the status's count, which may lag behind the true
 * one. The name is there where the incident has several DaemonSets.
 */
export function historyLine({
  history,
  alerts,
}: Pick<Observation, 'history' | 'alerts'>): Words | undefined {
  const known = history?.counts.filter((count) => count !== null) ?? []
  if (!history || known.length === 0) return undefined
  const [least, most] = [Math.min(...known), Math.max(...known)]
  const range = least === most ? `always ${most}` : `${least} to ${most}`
  const of = alerts.length > 1 ? words` of ${code(history.daemonSet)}` : []
  return words`${sparkline(history.counts)} count${of} over the last 6 h (status): ${range}`
}
