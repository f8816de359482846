import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { AlertmanagerClient, Poll } from '../src/alertmanager/client.ts'
import { type Bot, newMemory } from '../src/bot.ts'
import type { Config } from '../src/config/config.ts'
import { sqliteStore } from '../src/store/sqlite.ts'
import { noMetrics } from '../src/telemetry/metrics.ts'
import { exclusiveRound, roundSoon } from '../src/worker/rounds.ts'

const unused = (): never => {
  throw new Error('not used: nothing fires')
}
const nothing: Poll = {
  alerts: [],
  silences: [],
  reachable: ['a'],
  unreachable: [],
  absenceCounts: true,
}

/** Bots that share a store, as events on Workers do. A round is one poll. */
function isolates(poll: () => Promise<Poll>): {
  bot: () => Bot
  rounds: () => number
  mostAtOnce: () => number
  errors: string[]
} {
  const store = sqliteStore('sqlite::memory:')
  const errors: string[] = []
  let [rounds, running, most] = [0, 0, 0]
  const alertmanager: AlertmanagerClient = {
    poll: async () => {
      rounds += 1
      running += 1
      most = Math.max(most, running)
      return poll().finally(() => {
        running -= 1
      })
    },
    matching: unused,
    activeSilences: unused,
    createSilence: unused,
    extendSilence: unused,
    expireSilence: unused,
    silenceUrl: unused,
    alertsUrl: unused,
    newSilenceUrl: unused,
    versions: unused,
  }
  const config: Config = {
    host: '',
    port: 0,
    clusterName: '',
    alertmanager: { urls: ['a'] },
    webhookToken: 'x',
    slack: { botToken: 'x', channel: 'C1', routes: [], apiUrl: 'http://slack/' },
    actions: [],
    allowedUsers: [],
    allowedUsergroups: [],
    databaseUrl: 'sqlite::memory:',
    reconcileInterval: 60,
    retentionDays: 90,
    logLevel: 'info',
  }
  const line = (_: unknown, message: string): void => void errors.push(message)
  const bot = (): Bot => ({
    config,
    store,
    cluster: {
      snapshot: unused,
      daemonSet: unused,
      pods: unused,
      patchDaemonSet: unused,
      deletePod: unused,
      may: unused,
    },
    alertmanager,
    slack: {
      publish: unused,
      reply: unused,
      findMessage: unused,
      respond: unused,
      postEphemeral: unused,
      openModal: unused,
      updateModal: unused,
      permalink: unused,
      usergroupMembers: unused,
    },
    metrics: noMetrics,
    log: { debug: () => {}, info: () => {}, warn: line, error: line },
    now: () => new Date(),
    wake: unused,
    round: unused,
    memory: newMemory(),
  })
  return { bot, rounds: () => rounds, mostAtOnce: () => most, errors }
}

test('many hints are one round', async () => {
  const { bot, rounds } = isolates(async () => nothing)
  await Promise.all(Array.from({ length: 50 }, () => roundSoon(bot(), 10)))
  expect(rounds()).toBe(1)
})

test('hints during a round are one more round, after it', async () => {
  const { bot, rounds, mostAtOnce } = isolates(async () => {
    await sleep(300)
    return nothing
  })
  const first = roundSoon(bot(), 0)
  while (rounds() === 0) await sleep(10)
  await Promise.all([first, ...Array.from({ length: 20 }, () => roundSoon(bot(), 0))])
  expect(rounds()).toBe(2)
  expect(mostAtOnce()).toBe(1)
})

test('a round that is asked for starts after the call, whatever is running', async () => {
  const { bot, rounds, mostAtOnce } = isolates(async () => {
    await sleep(200)
    return nothing
  })
  await Promise.all([exclusiveRound(bot()), exclusiveRound(bot()), exclusiveRound(bot())])
  expect(rounds()).toBe(3)
  expect(mostAtOnce()).toBe(1)
})

test('a round that fails is logged, and the next one runs', async () => {
  let fails = true
  const { bot, rounds, errors } = isolates(async () => {
    if (!fails) return nothing
    fails = false
    throw new Error('no')
  })
  await roundSoon(bot(), 0)
  expect(errors).toEqual(['round failed; trying again'])
  await roundSoon(bot(), 0)
  expect(rounds()).toBe(2)
})

test('a round that is due after the event has ended is left to the cron trigger', async () => {
  const { bot, rounds } = isolates(async () => nothing)
  await roundSoon(bot(), 60_000)
  expect(rounds()).toBe(0)
})

test('a round so soon after a reading waits', async () => {
  const { bot, rounds } = isolates(async () => nothing)
  const one = bot()
  one.memory.nextRoundAtMs = Date.now() + 600
  const asked = exclusiveRound(one)
  await sleep(400)
  expect(rounds()).toBe(0)
  await asked
  expect(rounds()).toBe(1)
})
