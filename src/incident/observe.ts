import type { Bot } from '../bot.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import type { Question } from '../kubernetes/question.ts'
import type { AlertRow, IncidentRow } from '../store/store.ts'
import { diagnoser } from '../triage/diagnose.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import type { Context } from '../triage/facts/facts.ts'
import type { Subject } from '../triage/findings/status-cause.ts'
import { ABOUT_ALL, questionAbout } from '../triage/question.ts'
import { type Resolution, resolutionOf } from '../triage/resolution.ts'
import { errorMessage } from '../words/error-message.ts'
import { countHolds, diagnosisOf, incidentState, type Observation } from './state.ts'
import { observationOf } from './stored-observation.ts'
import { isCountDue, setTrueCounts, whyUnreadable } from './true-counts.ts'

/** What the cluster shows in one round: a diagnosis for each DaemonSet, or why there is none. */
export type Reading = {
  /** undefined: the DaemonSet could not be judged, or nothing could be read. */
  readonly diagnosis: (namespace: string, name: string) => Diagnosis | undefined
  /** What ended what these diagnoses show; undefined if nothing shows it. */
  readonly ending: (before: readonly Diagnosis[]) => Resolution | undefined
} & ({ readonly readable: true } | { readonly readable: false; readonly reason: string })

/** Between two readings of the cluster, at the default RECONCILE_INTERVAL. Milliseconds. */
const readSpacingMs = 10_000

/**
 * Reads the cluster once for the whole round: what the alerts are about, and every DaemonSet if the
 * metric is due. `known`: the open incidents. Never throws: if the cluster is unreadable, the
 * reading says why. The next round starts 10 s later at the earliest (a sixth of a
 * RECONCILE_INTERVAL below 60 s), and at least as long after the reading as the reading took.
 */
export async function readCluster(
  bot: Bot,
  alerts: readonly AlertRow[],
  known: readonly IncidentRow[],
  stopping?: AbortSignal,
): Promise<Reading> {
  const startedAtMs = bot.now().getTime()
  try {
    const counts = isCountDue(bot)
    const about = questionAbout(subjectsOf(alerts), nodesBefore(known))
    const question = counts ? { ...about, daemonSets: ABOUT_ALL.daemonSets } : about
    const snapshot = await bot.cluster.snapshot(cautious(bot, question), stopping)
    bot.metrics.dependencyUp.set({ name: 'kubernetes' }, 1)
    if (counts) setTrueCounts(bot, snapshot)
    return readingOf(bot, snapshot, alerts)
  } catch (error) {
    // What a stop has cut short says nothing of the cluster.
    if (!stopping?.aborted) {
      bot.metrics.dependencyUp.set({ name: 'kubernetes' }, 0)
      setTrueCounts(bot, undefined)
      bot.log.warn({ err: error }, 'cluster unreadable: no incident closes until it can be read')
    }
    return {
      readable: false,
      reason: errorMessage(error),
      diagnosis: () => undefined,
      ending: () => undefined,
    }
  } finally {
    const endedAtMs = bot.now().getTime()
    const spacingMs = Math.min(readSpacingMs, (bot.config.reconcileInterval * 1000) / 6)
    bot.memory.nextRoundAtMs = endedAtMs + Math.max(spacingMs, endedAtMs - startedAtMs)
  }
}

/** Goes on without the second stage if a DaemonSet cannot be counted, which is a bug. */
function cautious({ log }: Bot, { daemonSets, details }: Question): Question {
  return {
    daemonSets,
    details(who) {
      try {
        return details(who)
      } catch (error) {
        log.error({ err: error }, 'DaemonSets could not be counted, so the causes lack evidence')
        return { nodes: [], eventsIn: [], pods: [] }
      }
    },
  }
}

/** The DaemonSets of these alerts. */
export function subjectsOf(alerts: readonly AlertRow[]): readonly Subject[] {
  return alerts.map(({ namespace, daemonset: name }) => ({ namespace, name }))
}

/** Where misscheduled pods were when these incidents were last observed: are they still there? */
function nodesBefore(known: readonly IncidentRow[]): readonly string[] {
  return known.flatMap((row) =>
    (observationOf(row)?.diagnoses ?? []).flatMap(({ findings }) =>
      findings.flatMap(({ nodes }) => nodes),
    ),
  )
}

/**
 * The diagnoses of a snapshot, each made once, on first use. A DaemonSet that cannot be judged is a
 * bug; the others go on.
 */
export function readingOf(bot: Bot, snapshot: Snapshot, alerts: readonly AlertRow[]): Reading {
  const diagnose = diagnoser(snapshot)
  const known = new Map<string, Diagnosis | undefined>()
  const diagnosis = (namespace: string, name: string): Diagnosis | undefined => {
    const key = `${namespace}/${name}`
    if (!known.has(key)) {
      const alert = alerts.find((one) => one.namespace === namespace && one.daemonset === name)
      known.set(
        key,
        attempt(bot, key, () => diagnose({ namespace, name }, contextOf(bot, alert))),
      )
    }
    return known.get(key)
  }
  const reason = whyUnreadable(snapshot)
  const ending = (before: readonly Diagnosis[]) => resolutionOf(before, snapshot)
  return reason === undefined
    ? { readable: true, diagnosis, ending }
    : { readable: false, reason, diagnosis, ending }
}

function contextOf({ config }: Bot, alert: AlertRow | undefined): Context {
  return {
    ...(config.clusterName ? { cluster: config.clusterName } : {}),
    ...(alert
      ? {
          alert: {
            ...(alert.labels.cluster ? { cluster: alert.labels.cluster } : {}),
            ...(alert.startsAt ? { startsAt: alert.startsAt } : {}),
          },
        }
      : {}),
  }
}

function attempt({ log }: Bot, subject: string, diagnose: () => Diagnosis): Diagnosis | undefined {
  try {
    return diagnose()
  } catch (error) {
    log.error(
      { subject, err: error },
      'DaemonSet could not be diagnosed: please report this with the output of `daemonset-triage snapshot`',
    )
    return undefined
  }
}

/** One incident as this round observes it. `last` is used if the cluster is unreadable now. */
export function observe(
  alerts: readonly AlertRow[],
  reading: Reading,
  last: Observation | undefined,
): Observation {
  const sorted = alerts
    .map((alert) => ({ alert, namespace: alert.namespace, name: alert.daemonset }))
    .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1))
  const current = ({ namespace, name }: (typeof sorted)[number]) =>
    reading.diagnosis(namespace, name)
  const known = (one: (typeof sorted)[number]) =>
    (reading.readable || !last ? undefined : diagnosisOf(last, one)) ?? current(one)
  const evidence = sorted.map((one) => {
    const diagnosis = reading.readable ? current(one) : undefined
    return { alert: one.alert.state, holds: diagnosis && countHolds(diagnosis) }
  })
  return {
    state: incidentState(evidence),
    since: sorted.map(({ alert }) => alert.startsAt).sort()[0] ?? '',
    alerts: sorted.map(({ alert, namespace, name }) => ({
      namespace,
      name,
      firing: alert.state === 'firing',
      labels: alert.labels,
      ...(alert.links ? { links: alert.links } : {}),
    })),
    diagnoses: sorted.flatMap((one) => known(one) ?? []),
    ...(reading.readable ? {} : { unreadable: reading.reason }),
    ...(last?.posted ? { posted: last.posted } : {}),
    ...(last?.lastBroadcast ? { lastBroadcast: last.lastBroadcast } : {}),
    ...(last?.mentions ? { mentions: last.mentions } : {}),
    ...(last?.quiet ? { quiet: last.quiet } : {}),
  }
}
