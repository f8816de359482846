import { spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import type { Writable } from 'node:stream'

/** How `run` and `output` start a command. */
export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Receives stdout and stderr while the command runs. */
  readonly log?: Writable
  /** Niceness, 0 to 19; a higher value yields more CPU time to other processes. */
  readonly priority?: number
  readonly stdin?: string
  /** Exit statuses that are no error; only 0 by default. */
  readonly statuses?: readonly number[]
}

/**
 * Runs a command. Throws if it cannot start or its exit status is an error; the message has the last
 * 2,000 characters of its output.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<void> {
  await output(command, args, options)
}

/** Like `run`, but returns stdout. */
export async function output(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { cwd, env, log, priority, stdin, statuses = [0] } = options
  const child = spawn(command, args, { cwd, env, stdio: 'pipe' })
  const written: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
      log?.write(text)
    })
  }
  // A command may exit without reading its input: only its exit status counts.
  child.stdin.on('error', () => {}).end(stdin ?? '')
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(new Error(`${command} did not start`, { cause })))
      child.once('close', (code, signal) => {
        if (code !== null && statuses.includes(code)) resolve(written.stdout)
        else
          reject(
            new Error(
              `${command} ${args[0] ?? ''} exited with ${signal ?? code}: ${(written.stderr || written.stdout).trim().slice(-2000)}`,
            ),
          )
      })
      if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority)
    })
  } finally {
    process.off('exit', end)
  }
}
