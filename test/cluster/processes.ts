import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What to run, and how to tell that it is ready. */
export interface ProcessOptions {
  /** Name in error messages, and of the log file in `directory`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly directory: string
  readonly env?: NodeJS.ProcessEnv
  /** True when the process serves requests. Called every 50 ms; an error counts as not ready. */
  ready(): Promise<boolean>
  /** Default 60,000. */
  readonly readyTimeoutMs?: number
}

/** A process. After a restart it has the same arguments, and so the same port and data. */
export interface RunningProcess {
  readonly name: string
  /** stdout and stderr of every start. */
  readonly logPath: string
  /** Undefined while it is not running. */
  readonly pid: number | undefined
  /** Throws if the process exits or is not ready in time; the message has the end of its log. */
  start(): Promise<void>
  /**
   * Sends SIGTERM, and SIGKILL after 20 s. Resolves when the process has ended and its port is
   * free.
   */
  stop(): Promise<void>
  /** Sends SIGKILL, like a crash. Resolves when the process has ended. */
  kill(): Promise<void>
  /** Stops or kills the process, then starts it. */
  restart(how?: 'stop' | 'kill'): Promise<void>
}

const children = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

// With setpriv (Linux), the kernel kills the child even if the test runner gets SIGKILL.
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
        throw new Error(`${name} did not become ready. End of ${logPath}:\n${log.slice(-3000)}`, {
          cause,
        })
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
  // Without a listener, a missing command would end the test runner. `untilReady` reports it.
  child.on('error', () => children.delete(child))
  return child
}

async function untilReady(
  child: ChildProcess,
  { ready, readyTimeoutMs = 60_000 }: ProcessOptions,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs
  let reason: unknown = 'ready() returned false'
  while (Date.now() < deadline) {
    if (hasEnded(child))
      throw new Error(`exited with ${child.signalCode ?? child.exitCode ?? 'an error at startup'}`)
    try {
      if (await ready()) return
    } catch (error) {
      reason = error
    }
    await sleep(50)
  }
  throw new Error(`not ready within ${readyTimeoutMs} ms`, { cause: reason })
}

const hasEnded = (child: ChildProcess) =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null

const whenEnded = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (hasEnded(child)) resolve()
    else child.once('exit', () => resolve())
  })

/** Stops processes one after another, the last one first: a client stops before its server. */
export async function stopInReverse(
  processes: readonly (RunningProcess | undefined)[],
): Promise<void> {
  for (const running of processes.toReversed()) await running?.stop()
}

const returnedPorts = new Set<number>()

/**
 * A free port on loopback, never returned before. It is below the range for outgoing connections,
 * so that it is still free when a process restarts on it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (returnedPorts.has(port) || !(await canListen(port))) continue
    returnedPorts.add(port)
    return port
  }
}

const canListen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/**
 * Whether a GET of the URL answers 200. It does not verify the certificate, so use it only for
 * processes started here.
 */
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

/** A directory for the data, keys and logs of processes. Call `remove` after they have ended. */
export async function temporaryDirectory(
  name: string,
): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `daemonset-triage-${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/**
 * Calls `ask` until it returns a value other than undefined. Throws after `timeoutMs` with `what`
 * in the message and the last error as cause.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { timeoutMs = 30_000, intervalMs = 100 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let cause: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      cause = error
    }
    if (Date.now() > deadline)
      throw new Error(`timed out after ${timeoutMs} ms waiting for ${what}`, { cause })
    await sleep(intervalMs)
  }
}
