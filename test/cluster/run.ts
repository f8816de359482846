import { spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import type { Writable } from 'node:stream'

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Takes both outputs as they come. */
  readonly log?: Writable
  /** Niceness, 0 to 19; the higher, the more it yields. */
  readonly priority?: number
  readonly stdin?: string
}

/** Runs a command to its end. Throws if it cannot start or ends with anything but 0; the message has the end of what it wrote. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<void> {
  await output(command, args, options)
}

/** As `run`, and returns the standard output. */
export async function output(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { cwd, env, log, priority, stdin } = options
  const child = spawn(command, args, { cwd, env, stdio: 'pipe' })
  const written: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
      log?.write(text)
    })
  }
  // A command that ends without reading its input is judged by its exit status alone.
  child.stdin.on('error', () => {}).end(stdin ?? '')
  const end = () => child.kill('SIGKILL')
  process.once('exit', end)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new Error(`${command} could not be started`, { cause })),
      )
      child.once('close', (code, signal) => {
        if (code === 0) resolve(written.stdout)
        else
          reject(
            new Error(
              `${command} ${args[0] ?? ''} ended with ${signal ?? code}: ${(written.stderr || written.stdout).trim().slice(-2000)}`,
            ),
          )
      })
      if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority)
    })
  } finally {
    process.off('exit', end)
  }
}
