import type { Bot } from '../bot.ts'
import type { Snapshot } from '../kubernetes/objects.ts'
import { diagnoser } from '../triage/diagnose.ts'
import type { Diagnosis } from '../triage/finding.ts'
import { blindness, type Reading } from './seen.ts'

/** Reads the cluster once for the whole round. Never throws: an unreadable cluster is a reading too, and says why. */
export async function read(bot: Bot): Promise<Reading> {
  try {
    const snapshot = await bot.cluster.snapshot()
    bot.metrics.dependencyUp.set({ name: 'kubernetes' }, 1)
    return readingOf(snapshot)
  } catch (error) {
    bot.metrics.dependencyUp.set({ name: 'kubernetes' }, 0)
    const reason = error instanceof Error ? error.message : String(error)
    bot.log.warn({ error }, 'the cluster could not be read; nothing closes until it can')
    return { readable: false, reason, diagnosis: () => undefined }
  }
}

/** A snapshot's judgement, each DaemonSet diagnosed once when it is first asked for. */
export function readingOf(snapshot: Snapshot): Reading {
  const diagnose = diagnoser(snapshot)
  const known = new Map<string, Diagnosis>()
  const diagnosis = (namespace: string, name: string): Diagnosis => {
    const key = `${namespace}/${name}`
    const found = known.get(key) ?? diagnose({ namespace, name })
    known.set(key, found)
    return found
  }
  const blind = blindness(snapshot)
  return blind === undefined ? { readable: true, diagnosis } : { readable: false, reason: blind, diagnosis }
}
