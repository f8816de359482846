import type { Bot } from '../bot.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import type { AlertRow } from '../store/store.ts'
import type { Log } from '../telemetry/log.ts'
import { diagnoser } from '../triage/diagnose.ts'
import type { Diagnosis } from '../triage/diagnosis.ts'
import type { Context } from '../triage/facts/facts.ts'
import { errorMessage } from '../words/error-message.ts'
import { type Reading, whyUnreadable } from './state.ts'
import { setTrueCounts } from './true-counts.ts'

/** Reads the cluster once for the whole round. Never throws: an unreadable cluster is a reading too, and says why. */
export async function read(bot: Bot, alerts: readonly AlertRow[]): Promise<Reading> {
  try {
    const snapshot = await bot.cluster.snapshot()
    bot.metrics.dependencyUp.set({ name: 'kubernetes' }, 1)
    setTrueCounts(bot, snapshot)
    return readingOf(bot, snapshot, alerts)
  } catch (error) {
    bot.metrics.dependencyUp.set({ name: 'kubernetes' }, 0)
    setTrueCounts(bot, undefined)
    const reason = errorMessage(error)
    bot.log.warn({ err: error }, 'the cluster could not be read; nothing closes until it can')
    return { readable: false, reason, diagnosis: () => undefined }
  }
}

/** A snapshot's judgement, each DaemonSet diagnosed once when it is first asked for. One that cannot be judged is a fault of ours: the others go on. */
export function readingOf(bot: Bot, snapshot: Snapshot, alerts: readonly AlertRow[]): Reading {
  const diagnose = diagnoser(snapshot)
  const known = new Map<string, Diagnosis | undefined>()
  const diagnosis = (namespace: string, name: string): Diagnosis | undefined => {
    const key = `${namespace}/${name}`
    if (!known.has(key)) {
      const context = contextOf(
        bot,
        alerts.find((alert) => alert.namespace === namespace && alert.daemonset === name),
      )
      known.set(
        key,
        attempt(() => diagnose({ namespace, name }, context), bot.log, key),
      )
    }
    return known.get(key)
  }
  const blind = whyUnreadable(snapshot)
  return blind === undefined
    ? { readable: true, diagnosis }
    : { readable: false, reason: blind, diagnosis }
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

function attempt(judge: () => Diagnosis, log: Log, subject: string): Diagnosis | undefined {
  try {
    return judge()
  } catch (error) {
    log.error(
      { subject, err: error },
      'a DaemonSet could not be judged; please report this with the output of `daemonset-triage snapshot`',
    )
    return undefined
  }
}
