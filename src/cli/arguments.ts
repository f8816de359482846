import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../config/usage-error.ts'
import type { Change } from '../daemonset/change.ts'
import { isLabelKey, isLabelValue, parseLabelSelector } from '../daemonset/label-selector.ts'
import type { FeatureGates, SelectorRequirement, Toleration } from '../kubernetes/objects.ts'

/** The options that say which cluster or file to read, and which DaemonSets of it. */
export interface SourceOptions {
  /** A file with a `v1 List`; `-` is stdin. Without it, a cluster is read. */
  readonly snapshot?: string
  readonly context?: string
  readonly kubeconfig?: string
  readonly namespace?: string
  readonly selector?: readonly SelectorRequirement[]
  /** RFC 3339. */
  readonly now?: string
  readonly featureGates?: FeatureGates
  /** `v1.33.2`. */
  readonly serverVersion?: string
}

/** The options that say how to print the result. */
export interface PrintOptions {
  readonly output?: 'text' | 'json'
  readonly nodes?: 'wrong' | 'all'
  readonly failOnFindings?: true
}

/** Adds the options of `SourceOptions`. */
export function withSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--snapshot <file>',
        'read a List (JSON or YAML) instead of a cluster; - is stdin',
      ).conflicts(['context', 'kubeconfig']),
    )
    .option('--context <name>', 'the kubeconfig context to use')
    .option('--kubeconfig <file>', 'path of the kubeconfig')
    .option('-n, --namespace <name>', 'only DaemonSets in this namespace')
    .option('-l, --selector <selector>', 'only DaemonSets with these labels', parseSelector)
    .option('--now <time>', 'compute ages as of this time (RFC 3339)', parseTime)
    .option(
      '--feature-gates <gates>',
      'as kube-controller-manager has them: TaintTolerationComparisonOperators=true',
      parseFeatureGates,
    )
    .option(
      '--server-version <version>',
      'the Kubernetes version, if the snapshot has none: v1.33.2',
      parseVersion,
    )
}

/** Adds the options of `PrintOptions`. */
export function withPrintOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <format>', 'output format; text by default').choices([
        'text',
        'json',
      ]),
    )
    .addOption(
      new Option(
        '--nodes <which>',
        'nodes to print: wrong (misscheduled, or without their pod; the default) or all',
      ).choices(['wrong', 'all']),
    )
    .option('--fail-on-findings', 'exit with status 3 if anything is misscheduled')
}

/** A TCP port; 0 is any free one. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535)
    throw new InvalidArgumentError('Use a number from 0 to 65535.')
  return port
}

/** A DaemonSet as the command line names it; it may not exist. */
export interface DaemonSetName {
  readonly namespace: string
  readonly name: string
}

/** Parses `<namespace>/<name>`, or `<name>` with --namespace. Throws UsageError. */
export function parseDaemonSetName(text: string, { namespace }: SourceOptions): DaemonSetName {
  const parts = text.split('/')
  const [first = '', second = ''] = parts
  if (parts.length === 1 && first !== '' && namespace !== undefined)
    return { namespace, name: first }
  if (parts.length === 2 && first !== '' && second !== '') return { namespace: first, name: second }
  throw new UsageError(
    `"${text}" is not a DaemonSet's name. Use <namespace>/<name>, or <name> with --namespace`,
  )
}

/**
 * Parses a taint in the syntax of `kubectl taint`: `key[=value]:Effect` adds it, `key[:Effect]-`
 * removes it. Throws UsageError.
 */
export function parseTaintChange(text: string, nodes: readonly string[]): Change {
  const removes = text.endsWith('-')
  const { key, value, effect } = parseTaint(removes ? text.slice(0, -1) : text)
  if (removes && value === undefined)
    return { kind: 'remove-taint', nodes, key, ...(effect ? { effect } : {}) }
  if (removes)
    throw new UsageError(
      `"${text}" has a value. Remove a taint by key and effect, for example ${key}:NoSchedule-`,
    )
  if (!effect)
    throw new UsageError(
      `"${text}" lacks an effect. Use key[=value]:Effect, for example ${key}:NoSchedule`,
    )
  return { kind: 'taint', nodes, taint: { key, ...(value ? { value } : {}), effect } }
}

/**
 * Parses a toleration, `key[=value][:Effect]`. Without a value it tolerates every value, without
 * an effect every effect. Throws UsageError.
 */
export function parseToleration(text: string): Toleration {
  const { key, value, effect } = parseTaint(text)
  return {
    key,
    ...(value === undefined ? { operator: 'Exists' } : { operator: 'Equal', value }),
    ...(effect ? { effect } : {}),
  }
}

const EFFECTS: readonly string[] = ['NoSchedule', 'NoExecute', 'PreferNoSchedule']

function parseTaint(text: string): {
  readonly key: string
  readonly value: string | undefined
  readonly effect: string | undefined
} {
  const parts = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/.exec(text)
  const [, key = '', value, effect] = parts ?? []
  if (!isLabelKey(key))
    throw new UsageError(`"${text}" does not begin with a taint key. Use key[=value]:Effect`)
  if (value !== undefined && !isLabelValue(value))
    throw new UsageError(
      `"${value}" is not a taint value. Use at most 63 letters, digits, "-", "_" and "."`,
    )
  if (effect !== undefined && !EFFECTS.includes(effect))
    throw new UsageError(`"${effect}" is not a taint effect. Use one of ${EFFECTS.join(', ')}`)
  return { key, value, effect }
}

function parseSelector(text: string): readonly SelectorRequirement[] {
  const requirements = parseLabelSelector(text)
  if (!requirements)
    throw new InvalidArgumentError('Use kubectl syntax, for example app=agent,tier!=dev.')
  return requirements
}

function parseTime(text: string): string {
  if (
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) ||
    Number.isNaN(Date.parse(text))
  ) {
    throw new InvalidArgumentError('Use RFC 3339, for example 2026-11-24T03:12:00Z.')
  }
  return text
}

function parseFeatureGates(text: string): FeatureGates {
  const match = /^TaintTolerationComparisonOperators=(true|false)$/.exec(text)
  if (!match)
    throw new InvalidArgumentError(
      'Only TaintTolerationComparisonOperators=true or =false matters here.',
    )
  return { TaintTolerationComparisonOperators: match[1] === 'true' }
}

function parseVersion(text: string): string {
  if (!/^v?\d+\.\d+/.test(text))
    throw new InvalidArgumentError('Use a version as kubectl prints it, for example v1.33.2.')
  return text.startsWith('v') ? text : `v${text}`
}
