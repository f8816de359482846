import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ProcessOptions {
  /** For messages, and the name of the log file in `directory`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly directory: string
  readonly env?: NodeJS.ProcessEnv
  /** True once it serves. Asked every 50 ms; a throw counts as not yet. */
  ready(): Promise<boolean>
  /** Default 60,000 ms. */
  readonly readyTimeout?: number
}

/** A process started here. Started again, it has the same arguments, so the same port and the same data. */
export interface RunningProcess {
  readonly name: string
  /** Both outputs of every start, one after another. */
  readonly logPath: string
  /** Undefined while it is not running. */
  readonly pid: number | undefined
  /** Throws if it ends, or is not ready in time; the message has the end of its log. */
  start(): Promise<void>
  /** SIGTERM, SIGKILL after 20 s; resolves when it has ended, so that its port is free again. */
  stop(): Promise<void>
  /** kill -9, as in a crash; resolves when it has ended. */
  kill(): Promise<void>
  /** Stop (or kill) and start. */
  restart(how?: 'stop' | 'kill'): Promise<void>
}

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

// Where the system has it, the kernel ends the child even if the test runner is killed with -9.
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find(
  (path) => process.platform === 'linux' && existsSync(path),
)

/** Starts a process and waits until it is ready. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, directory } = options
  const logPath = join(directory, `${name}.log`)
  let child: ChildProcess | undefined

  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const ending = child
    if (ending === undefined) return
    const ended = whenEnded(ending)
    ending.kill(signal)
    const limit = setTimeout(() => ending.kill('SIGKILL'), 20_000)
    await ended
    clearTimeout(limit)
    child = undefined
  }
  const handle: RunningProcess = {
    name,
    logPath,
    get pid() {
      return child === undefined || hasEnded(child) ? undefined : child.pid
    },
    async start() {
      if (child !== undefined && !hasEnded(child)) throw new Error(`${name} is already running`)
      child = launch(options, logPath)
      try {
        await untilReady(child, options)
      } catch (cause) {
        await end('SIGKILL')
        const log = await readFile(logPath, 'utf8').catch(() => '')
        throw new Error(
          `${name} did not become ready; the end of ${logPath}:\n${log.slice(-3000)}`,
          { cause },
        )
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async restart(how = 'stop') {
      await handle[how]()
      await handle.start()
    },
  }
  await handle.start()
  return handle
}

function launch({ command, args, directory, env }: ProcessOptions, logPath: string): ChildProcess {
  const log = openSync(logPath, 'a')
  const [file, ...rest] =
    SETPRIV === undefined
      ? [command, ...args]
      : [SETPRIV, '--pdeathsig', 'KILL', '--', command, ...args]
  const child = spawn(file, rest, {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  children.add(child)
  child.once('exit', () => children.delete(child))
  // Without a listener, a command that is not there would end the test runner; `untilReady` sees it as ended.
  child.on('error', () => children.delete(child))
  return child
}

async function untilReady(
  child: ChildProcess,
  { ready, readyTimeout = 60_000 }: ProcessOptions,
): Promise<void> {
  const deadline = Date.now() + readyTimeout
  let reason: unknown = 'it is not ready'
  while (Date.now() < deadline) {
    if (hasEnded(child))
      throw new Error(`ended with ${child.signalCode ?? child.exitCode ?? 'no start'}`)
    try {
      if (await ready()) return
    } catch (error) {
      reason = error
    }
    await sleep(50)
  }
  throw new Error(`not ready within ${readyTimeout} ms`, { cause: reason })
}

const hasEnded = (child: ChildProcess) =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

const whenEnded = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (hasEnded(child)) resolve()
    else child.once('exit', () => resolve())
  })

/** Ends them one after another, last first: a client goes before what it talks to. */
export async function stopInReverse(
  processes: readonly (RunningProcess | undefined)[],
): Promise<void> {
  for (const running of processes.toReversed()) await running?.stop()
}

const given = new Set<number>()

/**
 * A free port on loopback. It lies below the ports that systems hand out for outgoing connections, so that it is still free when a
 * process is started on it again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (given.has(port) || !(await canListen(port))) continue
    given.add(port)
    return port
  }
}

const canListen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** True if a GET of the URL answers 200. The certificate is not verified: only for processes started here. */
export function answersOk(url: string, headers: Record<string, string> = {}): Promise<boolean> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const options = { headers, timeout: 2000, rejectUnauthorized: false, agent: false } as const
    request(url, options, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .once('timeout', function (this: { destroy(error: Error): void }) {
        this.destroy(new Error('no answer within 2 s'))
      })
      .once('error', reject)
      .end()
  })
}

/** True if something listens on the port of loopback. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => resolve(false)).once('connect', () => socket.destroy())
  })
}

/** A directory for one test's processes: data, keys and logs. `remove` it after they have ended. */
export async function temporaryDirectory(
  name: string,
): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `daemonset-triage-${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Asks until the answer is not undefined, and returns it. Throws after `timeout` ms, with what was waited for and the last error. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeout = 30_000, interval = 100 }: { timeout?: number; interval?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeout
  let cause: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      cause = error
    }
    if (Date.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`, { cause })
    await sleep(interval)
  }
}
