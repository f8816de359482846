#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import type { DemoOptions } from '../simulator/demo.ts'
import type { CommandResult } from './cli/command-result.ts'
import { explainDaemonSet } from './cli/explain.ts'
import {
  type PrintOptions,
  parsePort,
  type SourceOptions,
  withPrintOptions,
  withSourceOptions,
} from './cli/options.ts'
import { scan } from './cli/scan.ts'
import { saveSnapshot } from './cli/snapshot.ts'
import { parseDaemonSetName, readSource } from './cli/source.ts'
import { printable, terminalOf } from './cli/terminal.ts'
import { UsageError } from './cli/usage-error.ts'
import { whatIfTaint, whatIfTolerate } from './cli/what-if.ts'
import { errorMessage } from './words/error-message.ts'

type Options = SourceOptions & PrintOptions

/** 0 done, 1 could not, 2 wrong usage, 3 something is misscheduled and --fail-on-findings is given. */
const STATUS = { done: 0, couldNot: 1, usage: 2, findings: 3 } as const

const program = new Command(
  process.argv[1]?.endsWith('kubectl-daemonset_triage')
    ? 'kubectl daemonset-triage'
    : 'daemonset-triage',
)
  .description('Explains which pods of a DaemonSet are on wrong nodes, why, and the right way out.')
  .version(manifest.version)
  .enablePositionalOptions()
  .exitOverride()

withPrintOptions(withSourceOptions(program))

command('explain <namespace/name>', 'one DaemonSet, in words').action(
  async (text: string, _: unknown, self: Command) => {
    const options = self.optsWithGlobals<Options>()
    const subject = parseDaemonSetName(text, options)
    print(explainDaemonSet(await readSource(options), subject, options), options)
  },
)

command('scan', 'every DaemonSet: misscheduled ones, and those whose status is not true').action(
  async (_: unknown, self: Command) => {
    const options = self.optsWithGlobals<Options>()
    print(scan(await readSource(options), options), options)
  },
)

const whatIf = program
  .command('what-if')
  .description('try a change before it is made')
  .exitOverride()
  .enablePositionalOptions()

command(
  'taint <node-selector> <taint>',
  'what would become misscheduled: key[=value]:Effect, or key[:Effect]- to take it off',
  whatIf,
).action(async (selector: string, taint: string, _: unknown, self: Command) => {
  const options = self.optsWithGlobals<Options>()
  print(await whatIfTaint(() => readSource(options), selector, taint, options), options)
})

command(
  'tolerate <namespace/name> <toleration...>',
  'what a toleration would change: key[=value][:Effect]',
  whatIf,
).action(async (subject: string, tolerations: readonly string[], _: unknown, self: Command) => {
  const options = self.optsWithGlobals<Options>()
  print(await whatIfTolerate(() => readSource(options), subject, tolerations, options), options)
})

withSourceOptions(
  program.command('snapshot').description('save what a bug report needs, without secrets'),
)
  .option('-o, --output <file>', 'instead of stdout')
  .action(async (_: unknown, self: Command) => {
    const file = self.opts<{ readonly output?: string }>().output
    process.stderr.write(
      `${await saveSnapshot(await readSource(self.optsWithGlobals<SourceOptions>()), file)}\n`,
    )
  })

// These two load the whole product, which the others do not need.
program
  .command('check')
  .description('try every connection and right that the configuration needs')
  .action(async () => {
    const { runCheck } = await import('./cli/run-check.ts')
    process.exitCode = await runCheck(process.env, process.stdout)
  })

program
  .command('demo')
  .description(
    'the whole thing on this machine; with --context on your own cluster, which is only read',
  )
  .option('--scenario <id>', 'the one to begin with')
  .option('--context <name>', 'context of the kubeconfig')
  .option('--kubeconfig <file>', 'as for kubectl')
  .option('--port <number>', 'of the page; any free one unless given', parsePort)
  .action(async (_: unknown, self: Command) => {
    const { runDemo } = await import('../simulator/run-demo.ts')
    await runDemo(self.optsWithGlobals<DemoOptions>())
  })

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader, such as head, has seen enough.
  if (error.code === 'EPIPE') process.exit(STATUS.done)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

function command(usage: string, description: string, parent = program): Command {
  return withPrintOptions(withSourceOptions(parent.command(usage).description(description)))
}

function print(
  { text, json, misscheduled, blind }: CommandResult,
  { output, failOnFindings }: PrintOptions,
): void {
  const lines =
    output === 'json' ? [JSON.stringify(json, null, 2)] : text(terminalOf(process.stdout))
  process.stdout.write(`${lines.join('\n')}\n`)
  if (!failOnFindings) return
  if (misscheduled) process.exitCode = STATUS.findings
  else if (blind !== undefined)
    throw new Error(`It cannot be told whether anything is misscheduled: ${blind}`)
}

/** Says what went wrong, and what it means for whoever called. */
function report(error: unknown): number {
  // commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? STATUS.done : STATUS.usage
  process.stderr.write(`error: ${printable(errorMessage(error))}\n`)
  return error instanceof UsageError ? STATUS.usage : STATUS.couldNot
}
