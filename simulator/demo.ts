import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../src/config/usage-error.ts'
import { startOwnClusterSession } from './own-cluster-session.ts'
import { chatPage } from './page/chat-page.ts'
import type { Panel } from './page/page-state.ts'
import { startScenarioSession } from './scenario-session.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import type { Session, SessionSetup } from './session.ts'
import { type Slack, startSlack } from './slack/slack.ts'

/** The options of the `demo` command. */
export interface DemoOptions {
  /** Id of the first scenario. Default: the first in `SCENARIOS`. */
  readonly scenario?: string
  /** A kubeconfig context: explains this cluster, read-only, instead of a scenario. */
  readonly context?: string
  /** Path of the kubeconfig for `context`. Default: as kubectl finds it. */
  readonly kubeconfig?: string
  /** Port of the page. Default 0: any free port. */
  readonly port?: number
}

/** A running demo. */
export interface Demo {
  /** URL of the page. */
  readonly url: string
  /** Title of the first scenario. */
  readonly title: string
  readonly slack: Slack
  stop(): Promise<void>
}

/** Something that the demo can show: a scenario, or the user's own cluster. */
interface Choice {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly start: (setup: SessionSetup) => Promise<Session>
}

/** The choice that is running, and its session. */
interface Running {
  readonly choice: Choice
  readonly session: Session
}

/**
 * Starts the page, the bot and everything that the bot needs. Throws if there is no such scenario
 * or the port is in use.
 */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const choices = choicesFor(options)
  const first = choices.find(({ id }) => id === options.scenario) ?? choices[0]
  if (!first) throw new Error('there are no scenarios')
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'daemonset-triage-demo-'))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  let running: Running | undefined
  let switching = Promise.resolve()
  const start = async (choice: Choice) => {
    await running?.session.stop()
    running = undefined
    clearChannels(slack)
    const session = await choice.start({
      slack,
      directory: await mkdtemp(join(directory, 'session-')),
    })
    running = { choice, session }
  }
  const switchTo = (choice: Choice): Promise<void> => {
    switching = switching.catch(() => {}).then(() => start(choice))
    return switching
  }
  const about = options.context === undefined ? ABOUT_SCENARIOS : ABOUT_OWN_CLUSTER
  const panel = panelOf(about, choices, () => running, switchTo)
  const slack = await startSlackOn(options.port, panel)
  stack.defer(() => slack.stop())
  stack.defer(async () => {
    await switching.catch(() => {})
    await running?.session.stop()
  })
  await switchTo(first)
  const owned = stack.move()
  return { url: `${slack.url}/`, title: first.title, slack, stop: () => owned.disposeAsync() }
}

const ABOUT_SCENARIOS =
  'The bot in the channel is real. The cluster, Alertmanager and Slack are simulated on this ' +
  'machine.'
const ABOUT_OWN_CLUSTER =
  'The bot and the cluster are real. Alertmanager and Slack are simulated on this machine.'

function startSlackOn(port = 0, panel: Panel): Promise<Slack> {
  return startSlack({ port }, chatPage(panel)).catch((cause) => {
    throw new Error(
      `Cannot serve the page on port ${port}: ${cause.message}. ` +
        'Choose another port with --port, or omit --port.',
      { cause },
    )
  })
}

function choicesFor({ scenario, context, kubeconfig }: DemoOptions): readonly Choice[] {
  if (context !== undefined) {
    return [
      {
        id: 'context',
        title: `Your cluster, context ${context}`,
        description:
          'Alerts fire from the status of the DaemonSets in this cluster. The cluster is only read: ' +
          'no button changes it.',
        start: (setup) => startOwnClusterSession(setup, { context, kubeconfig }),
      },
    ]
  }
  const ids = SCENARIOS.map(({ id }) => id)
  if (scenario !== undefined && !ids.includes(scenario))
    throw new UsageError(`There is no scenario ${scenario}. Choose one of: ${ids.join(', ')}`)
  return SCENARIOS.map((one) => ({
    id: one.id,
    title: one.title,
    description: one.description,
    start: (setup) => startScenarioSession(one, setup),
  }))
}

function panelOf(
  description: string,
  choices: readonly Choice[],
  running: () => Running | undefined,
  switchTo: (choice: Choice) => Promise<void>,
): Panel {
  return {
    title: 'Cluster',
    description,
    scenarios: choices.map(({ id, title, description }) => ({ id, title, description })),
    scenario: () => running()?.choice.id,
    controls: () => running()?.session.controls() ?? [],
    facts: () => running()?.session.facts() ?? [],
    guide: () => running()?.session.guide?.(),
    install: installation,
    async onScenario(id) {
      const choice = choices.find((one) => one.id === id)
      if (!choice) throw new Error(`There is no scenario ${id}`)
      await switchTo(choice)
      return `Started: ${choice.title}.`
    },
    async onControl(id) {
      const { session } = running() ?? {}
      if (!session) throw new Error('The scenario is still starting. Try again in a few seconds.')
      return session.press(id)
    },
  }
}

/** The chapter of the README. */
async function installation(): Promise<string> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  return /^## Install it\n[\s\S]*?(?=^## )/m.exec(readme)?.[0] ?? readme
}

/** Deletes all messages. Replies go first: a message with replies would leave a tombstone. */
function clearChannels(slack: Slack): void {
  for (const { id } of slack.workspace.channels) {
    for (const { ts } of slack.messages(id)) {
      for (const reply of slack.thread(ts)) slack.deleteMessage(reply.ts)
      if (slack.message(ts)) slack.deleteMessage(ts)
    }
  }
  for (const { id } of slack.workspace.people)
    for (const { ts } of slack.ephemerals(id)) slack.deleteMessage(ts)
}
