/**
 * `npm run bench -- storm` sends the bot 2,000 webhooks within a second, each for another
 * DaemonSet and on a connection of its own, and prints how long the answers took. The bot is a
 * process of its own with a SQLite file; the services that it talks to are simulated in this one.
 * Other versions of `src/node.ts`, given as paths, are measured in turn with this one.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import { startWorld, type World } from '../test/world.ts'

const POSTS = 2000
const WITHIN_MS = 1000
const RUNS = 3

const own = fileURLToPath(new URL('../src/node.ts', import.meta.url))
const bots = [...process.argv.slice(2), own]
const world = await startWorld(gpuTaint, { bot: false, env: { RECONCILE_INTERVAL: '60' } })
const database = world.env.DATABASE_URL?.replace('sqlite:', '') ?? ''

for (let run = 0; run < RUNS; run++) for (const bot of bots) await measure(bot, world)
await world.stop()

async function measure(script: string, { env, url }: World): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true })
  const bot = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  await untilListening(url)
  const port = Number(new URL(url).port)
  const cpuBeforeMs = cpuMs(bot)
  const startedAtMs = performance.now()
  const answers = await Promise.all(
    Array.from({ length: POSTS }, async (_, index) => {
      const dueMs = (index * WITHIN_MS) / POSTS
      await sleep(Math.max(0, dueMs - (performance.now() - startedAtMs)))
      const ok = await post(port, index)
      return { ok, ms: performance.now() - startedAtMs - dueMs }
    }),
  )
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number) => (times[Math.ceil(share * POSTS) - 1] ?? Number.NaN).toFixed(0)
  const stored = answers.filter(({ ok }) => ok).length
  process.stdout.write(
    `${script}: ${stored} stored, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms, ${cpuMs(bot) - cpuBeforeMs} ms of CPU\n`,
  )
  await stop(bot)
}

/** Whether it was answered with 200. */
async function post(port: number, index: number): Promise<boolean> {
  const body = JSON.stringify({
    version: '4',
    status: 'firing',
    alerts: [
      {
        status: 'firing',
        labels: {
          alertname: 'KubeDaemonSetMisScheduled',
          namespace: 'storm',
          daemonset: `agent-${index}`,
          severity: 'warning',
          instance: '10.0.0.1:8080',
          job: 'kube-state-metrics',
        },
        annotations: { summary: 'DaemonSet pods are misscheduled.' },
        startsAt: new Date().toISOString(),
        fingerprint: index.toString(16).padStart(16, '0'),
      },
    ],
  })
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST /webhooks/alertmanager HTTP/1.1\r\nHost: bot\r\nAuthorization: Bearer webhook-token\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  try {
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString('latin1').startsWith('HTTP/1.1 200')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** CPU time of a process so far, user and system; proc(5) has the format. Milliseconds. */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function untilListening(url: string): Promise<void> {
  for (;;) {
    if ((await fetch(`${url}/healthz`).catch(() => undefined))?.ok) break
    await sleep(50)
  }
  // The first round is over.
  await sleep(1000)
}

async function stop(bot: ChildProcess): Promise<void> {
  const exited = once(bot, 'exit')
  bot.kill('SIGKILL')
  await exited
}
