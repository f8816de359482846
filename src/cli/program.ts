import { existsSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import type { DemoOptions } from '../../simulator/demo.ts'
import { UsageError } from '../config/usage-error.ts'
import { errorMessage } from '../words/error-message.ts'
import {
  type PrintOptions,
  parseDaemonSetName,
  parsePort,
  type SourceOptions,
  withPrintOptions,
  withSourceOptions,
} from './arguments.ts'
import { invocationOf } from './invocation.ts'
import type { CommandResult } from './report.ts'
import { printable, terminalOf } from './terminal.ts'

// What a command needs is imported when it runs, so that none waits for what only another one uses.

type Options = SourceOptions & PrintOptions

/** `findings`: something is misscheduled, and --fail-on-findings is given. */
const STATUS = { ok: 0, failed: 1, usage: 2, findings: 3 } as const

const invocation = invocationOf({
  script: process.argv[1] ?? import.meta.filename,
  node: process.execPath,
  directory: process.cwd(),
  environment: process.env,
})

const program = new Command(invocation)
  .description(
    'Explains which pods of a DaemonSet run on nodes where they should not, why, and what to do.',
  )
  .version(manifest.version)
  .enablePositionalOptions()
  .exitOverride()

withPrintOptions(withSourceOptions(program))

command('explain [namespace/name]', 'explain one DaemonSet: nodes, cause, what to do')
  .option('--cause <id>', 'print the page of a cause instead, for example T4')
  .action(async (text: string | undefined, _: unknown, self: Command) => {
    const options = self.optsWithGlobals<Options & { readonly cause?: string }>()
    if ((text === undefined) === (options.cause === undefined))
      throw new UsageError('Name either a DaemonSet, <namespace>/<name>, or a cause, --cause <id>')
    if (options.cause !== undefined) {
      const { explainCause } = await import('./cause-page.ts')
      return print(await explainCause(options.cause), options)
    }
    const subject = parseDaemonSetName(text ?? '', options)
    const { explainDaemonSet, questionAbout, readSource } = await import('./commands.ts')
    print(
      explainDaemonSet(
        await readSource(options, questionAbout([subject])),
        subject,
        options,
        invocation,
      ),
      options,
    )
  })

command('scan', 'list the DaemonSets that are misscheduled or have a wrong status').action(
  async (_: unknown, self: Command) => {
    const options = self.optsWithGlobals<Options>()
    const { ABOUT_ALL, readSource, scan } = await import('./commands.ts')
    print(scan(await readSource(options, ABOUT_ALL), options, invocation), options)
  },
)

const whatIf = program
  .command('what-if')
  .description('predict the effect of a change')
  .exitOverride()
  .enablePositionalOptions()

command(
  'taint <node-selector> <taint>',
  'add a taint, key[=value]:Effect, or remove one, key[:Effect]-',
  whatIf,
).action(async (selector: string, taint: string, _: unknown, self: Command) => {
  const options = self.optsWithGlobals<Options>()
  const { ABOUT_ALL, readSource, whatIfTaint, withoutReasons } = await import('./commands.ts')
  print(
    await whatIfTaint(
      () => readSource(options, withoutReasons(ABOUT_ALL)),
      selector,
      taint,
      options,
    ),
    options,
  )
})

command(
  'tolerate <namespace/name> <toleration...>',
  'add tolerations, key[=value][:Effect]',
  whatIf,
).action(async (subject: string, tolerations: readonly string[], _: unknown, self: Command) => {
  const options = self.optsWithGlobals<Options>()
  const { readSource, whatIfTolerate, withoutReasons } = await import('./commands.ts')
  print(
    await whatIfTolerate(
      (about) => readSource(options, withoutReasons(about)),
      subject,
      tolerations,
      options,
    ),
    options,
  )
})

withSourceOptions(
  program
    .command('snapshot')
    .description('save the objects that a bug report needs, without secrets'),
)
  .option('-o, --output <file>', 'the file to write; stdout by default')
  .action(async (_: unknown, self: Command) => {
    const file = self.opts<{ readonly output?: string }>().output
    const options = self.optsWithGlobals<SourceOptions>()
    const { ABOUT_ALL, readSource, saveSnapshot } = await import('./commands.ts')
    const snapshot = await readSource(options, ABOUT_ALL)
    process.stderr.write(`${await saveSnapshot(snapshot, file, options)}\n`)
  })

program
  .command('check')
  .description('test every connection and permission that the configuration needs')
  .action(async () => {
    const { runCheck } = await import('./check.ts')
    process.exitCode = await runCheck(process.env, process.stdout)
  })

program
  .command('demo')
  .description('run the bot against a simulated cluster, or with --context read-only against yours')
  .option('--scenario <id>', 'the scenario to begin with')
  .option('--context <name>', 'the kubeconfig context to use')
  .option('--kubeconfig <file>', 'path of the kubeconfig')
  .option('--port <number>', 'port of the page; any free one by default', parsePort)
  .action(async (_: unknown, self: Command) => {
    // The bundle and the container image do not have it.
    if (!existsSync(new URL('../../simulator/run-demo.ts', import.meta.url)))
      throw new Error(
        'The demo needs the repository; this is only the bundle. Clone the repository and run: npm ci && npm run demo',
      )
    const { runDemo } = await import('../../simulator/run-demo.ts')
    await runDemo(self.optsWithGlobals<DemoOptions>())
  })

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader, for example head, has closed the pipe.
  if (error.code === 'EPIPE') process.exit(STATUS.ok)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = printError(error)
}

function command(usage: string, description: string, parent = program): Command {
  return withPrintOptions(withSourceOptions(parent.command(usage).description(description)))
}

function print(
  { text, json, misscheduled, unreadable, failure }: CommandResult,
  { output, failOnFindings }: PrintOptions,
): void {
  const lines =
    output === 'json'
      ? [JSON.stringify(json, null, 2)]
      : text(terminalOf(process.stdout, process.env))
  process.stdout.write(`${lines.join('\n')}\n`)
  if (failure !== undefined) throw new Error(failure)
  if (!failOnFindings) return
  if (misscheduled) process.exitCode = STATUS.findings
  else if (unreadable !== undefined)
    throw new Error(`It is unknown whether anything is misscheduled: ${unreadable}`)
}

/** Returns the exit status. */
function printError(error: unknown): number {
  // commander has printed its own errors already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? STATUS.ok : STATUS.usage
  process.stderr.write(`error: ${printable(errorMessage(error))}\n`)
  return error instanceof UsageError ? STATUS.usage : STATUS.failed
}
