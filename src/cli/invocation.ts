import { accessSync, constants, realpathSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join, relative } from 'node:path'
import type { DaemonSetName, SourceOptions } from './arguments.ts'

/** How this process was started. */
export interface Start {
  /** Absolute path of the script, as `process.argv[1]` has it: links are not resolved. */
  readonly script: string
  /** Absolute path of Node. */
  readonly node: string
  readonly directory: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What a person types to start it the same way: `npx node src/cli.ts`, `daemonset-triage`. */
export function invocationOf(start: Start): string {
  const { script, environment } = start
  // npx and `npm exec` set it. Both find `node` and the commands of a package for what they run.
  const npx = environment.npm_command === 'exec' ? 'npx ' : ''
  const name = basename(script)
  if (name === 'kubectl-daemonset_triage') return 'kubectl daemonset-triage'
  if (name === 'daemonset-triage') return npx + (npx || isOnPath(start) ? name : quoted(script))
  const node = npx || isNodeOnPath(start) ? 'node' : quoted(start.node)
  return `${npx}${node} ${quoted(shortest(start))}`
}

/** The command that explains a DaemonSet of the same source. A file's path stays as it was given. */
export function explainCommand(
  invocation: string,
  { namespace, name }: DaemonSetName,
  options: SourceOptions,
): string {
  const { snapshot, context, kubeconfig, now, featureGates, serverVersion } = options
  const gates = Object.entries(featureGates ?? {}).map(([gate, enabled]) => `${gate}=${enabled}`)
  const given: readonly (readonly [string, string | undefined])[] = [
    ['--snapshot', snapshot],
    ['--kubeconfig', kubeconfig],
    ['--context', context],
    ['--now', now],
    ['--server-version', serverVersion],
    ['--feature-gates', gates.length > 0 ? gates.join(',') : undefined],
  ]
  const words = given.flatMap(([option, value]) =>
    value === undefined ? [] : [option, quoted(value)],
  )
  return [invocation, 'explain', quoted(`${namespace}/${name}`), ...words].join(' ')
}

/** The text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** The script's path from the directory, unless it is outside. */
function shortest({ script, directory }: Start): string {
  const path = relative(directory, script)
  return path.startsWith('..') || isAbsolute(path) ? script : path
}

function isOnPath({ script, environment }: Start): boolean {
  return onPath(basename(script), environment) === realPath(script)
}

function isNodeOnPath({ node, environment }: Start): boolean {
  return onPath('node', environment) === realPath(node)
}

/** The file that a shell would run for the name, links resolved. */
function onPath(name: string, { PATH = '' }: Start['environment']): string | undefined {
  const found = PATH.split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable)
  return found && realPath(found)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
