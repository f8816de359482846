import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseLabelSelector } from '../daemonset/label-selector.ts'
import type { FeatureGates, SelectorRequirement } from '../kubernetes/objects.ts'

/** Where the cluster's state comes from, and how it is taken. */
export interface SourceOptions {
  /** File of a `v1 List`; `-` is stdin. Without it a cluster is read. */
  readonly snapshot?: string
  readonly context?: string
  readonly kubeconfig?: string
  readonly namespace?: string
  readonly selector?: readonly SelectorRequirement[]
  /** RFC 3339. */
  readonly now?: string
  readonly featureGates?: FeatureGates
  readonly serverVersion?: string
}

export interface PrintOptions {
  readonly output?: 'text' | 'json'
  readonly nodes?: 'wrong' | 'all'
  readonly failOnFindings?: true
}

/** The options that say what is looked at. */
export function withSourceOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--snapshot <file>',
        'a List (JSON or YAML) instead of a cluster; - is stdin',
      ).conflicts(['context', 'kubeconfig']),
    )
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <file>', 'as for kubectl')
    .option('-n, --namespace <name>', 'only DaemonSets of this namespace')
    .option('-l, --selector <selector>', 'only DaemonSets with these labels', parseSelector)
    .option('--now <time>', 'RFC 3339; the moment against which ages are judged', parseTime)
    .option(
      '--feature-gates <gates>',
      'of kube-controller-manager: TaintTolerationComparisonOperators=true',
      parseFeatureGates,
    )
    .option(
      '--server-version <version>',
      'for a snapshot that lacks it, e.g. v1.33.2',
      parseVersion,
    )
}

/** The options that say how the answer is printed. */
export function withPrintOptions(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'text unless given').choices(['text', 'json']))
    .addOption(
      new Option(
        '--nodes <which>',
        'wrong: misscheduled or lacking their pod; all: every node',
      ).choices(['wrong', 'all']),
    )
    .option('--fail-on-findings', 'exit with 3 if anything is misscheduled')
}

export function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535)
    throw new InvalidArgumentError('A port is a number up to 65535.')
  return port
}

function parseSelector(text: string): readonly SelectorRequirement[] {
  const requirements = parseLabelSelector(text)
  if (!requirements)
    throw new InvalidArgumentError('Write it as for kubectl, for example app=agent,tier!=dev.')
  return requirements
}

function parseTime(text: string): string {
  if (
    !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) ||
    Number.isNaN(Date.parse(text))
  ) {
    throw new InvalidArgumentError('Write it as RFC 3339, for example 2026-11-24T03:12:00Z.')
  }
  return text
}

function parseFeatureGates(text: string): FeatureGates {
  const match = /^TaintTolerationComparisonOperators=(true|false)$/.exec(text)
  if (!match)
    throw new InvalidArgumentError(
      'The only one that counts here is TaintTolerationComparisonOperators=true or =false.',
    )
  return { TaintTolerationComparisonOperators: match[1] === 'true' }
}

function parseVersion(text: string): string {
  if (!/^v?\d+\.\d+/.test(text))
    throw new InvalidArgumentError('Write it as kubectl version does, for example v1.33.2.')
  return text.startsWith('v') ? text : `v${text}`
}
