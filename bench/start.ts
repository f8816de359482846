/**
 * `npm run bench -- start` builds the bundle and measures how long each program takes as a whole,
 * beside bare Node: the bot until it listens, and commands until they have ended. A directory with
 * the bundle of another version, given as an argument, is measured in turn with this one's.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import { freePort, startWorld } from '../test/world.ts'

const RUNS = 11

const root = join(import.meta.dirname, '..')
const built = mkdtempSync(join(tmpdir(), 'bundle-'))
execFileSync(process.execPath, ['build.ts', built], { cwd: root })
const bundles = [...process.argv.slice(2), built]
const scenario = 'test/scenarios/one-reservation-fits-the-other-is-open'
const snapshot = ['--snapshot', join(root, scenario, 'cluster.yaml')]
const world = await startWorld(gpuTaint, { bot: false, env: { LOG_LEVEL: 'info' } })

const times = new Map<string, number[]>()
for (let run = 0; run <= RUNS; run++) {
  const record = (name: string, ms: number) => {
    // The first run fills the caches.
    if (run > 0) times.set(name, [...(times.get(name) ?? []), ms])
  }
  record('bare node', await ended(['-e', '0']))
  for (const bundle of bundles) {
    const cli = join(bundle, 'cli.js')
    record(`${bundle} --version`, await ended([cli, '--version']))
    record(`${bundle} explain`, await ended([cli, 'explain', 'tools/metrics-tail', ...snapshot]))
    record(`${bundle} scan`, await ended([cli, 'scan', ...snapshot]))
    const { listeningMs, restMegabytes } = await listening(join(bundle, 'node.js'), run === RUNS)
    record(`${bundle} bot listens`, listeningMs)
    if (restMegabytes) process.stdout.write(`${bundle} bot at rest: ${restMegabytes} MB\n`)
  }
}
for (const [name, list] of times) {
  const sorted = list.sort((a, b) => a - b)
  const [median, least] = [sorted[RUNS >> 1], sorted[0]].map((ms) => ms?.toFixed(0))
  process.stdout.write(`${name}: median ${median} ms, least ${least} ms\n`)
}
await world.stop()
rmSync(built, { recursive: true })

async function ended(command: readonly string[]): Promise<number> {
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, command, { stdio: 'ignore' })
  const [status] = await once(child, 'exit')
  if (status !== 0) throw new Error(`${command.join(' ')} ended with status ${status}`)
  return performance.now() - startedAtMs
}

async function listening(script: string, rests: boolean) {
  const env = { ...process.env, ...world.env, PORT: String(await freePort()) }
  const startedAtMs = performance.now()
  const bot = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve) => {
    bot.stdout.on('data', (lines) => {
      if (`${lines}`.includes('"listening"')) resolve()
    })
  })
  const listeningMs = performance.now() - startedAtMs
  if (rests) await sleep(20_000)
  const restMegabytes = rests ? residentMegabytes(bot.pid ?? 0) : undefined
  const exited = once(bot, 'exit')
  bot.kill('SIGKILL')
  await exited
  return { listeningMs, restMegabytes }
}

function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1024)
}
