import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../src/config/usage-error.ts'
import { createCleanup } from './cleanup.ts'
import { emptyChannels } from './empty-channels.ts'
import { chatPage } from './page/chat-page.ts'
import type { Panel } from './page/panel.ts'
import type { Play, Setting } from './play.ts'
import { startRealPlay } from './real-play.ts'
import { playScenario } from './scenario-play.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import { type Slack, startSlack } from './slack/slack.ts'

export interface DemoOptions {
  /** Id of the scenario that is played first. Default: the first of the list. */
  readonly scenario?: string
  /** A context of the caller's kubeconfig: that cluster is read, and nothing is written to it. Excludes `scenario`. */
  readonly context?: string
  /** Path of the kubeconfig for `context`. Default: as kubectl finds it. */
  readonly kubeconfig?: string
  /** Port of the page. Default 0, any free one. */
  readonly port?: number
}

export interface Demo {
  /** Of the page. */
  readonly url: string
  readonly title: string
  readonly slack: Slack
  stop(): Promise<void>
}

/** Something to play, of which the page offers a choice. */
interface Script {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly start: (setting: Setting) => Promise<Play>
}

/** Starts the page and, behind it, the product with everything that it needs. Throws where the scenario is not known or the port is taken. */
export async function startDemo(options: DemoOptions = {}): Promise<Demo> {
  const scripts = scriptsOf(options)
  const first = scripts.find(({ id }) => id === options.scenario) ?? scripts[0]
  if (!first) throw new Error('there is nothing to play')
  const cleanup = createCleanup()
  try {
    const directory = await mkdtemp(join(tmpdir(), 'daemonset-triage-demo-'))
    cleanup.add(() => rm(directory, { recursive: true, force: true }))
    let playing: { readonly script: Script; readonly play: Play } | undefined
    let changing = Promise.resolve()
    const begin = async (script: Script) => {
      await playing?.play.stop()
      playing = undefined
      emptyChannels(slack)
      const play = await script.start({ slack, directory: await mkdtemp(join(directory, 'play-')) })
      playing = { script, play }
    }
    const change = (script: Script): Promise<void> => {
      changing = changing.catch(() => {}).then(() => begin(script))
      return changing
    }
    const panel = panelOf(scripts, () => playing, change)
    const slack = await startSlack({ port: options.port ?? 0 }, chatPage(panel)).catch((cause) => {
      throw new Error(
        `The page cannot use port ${options.port}: ${cause.message}. Choose another with --port, or leave it out`,
        {
          cause,
        },
      )
    })
    cleanup.add(() => slack.stop())
    cleanup.add(async () => {
      await changing.catch(() => {})
      await playing?.play.stop()
    })
    await change(first)
    return { url: `${slack.url}/`, title: first.title, slack, stop: () => cleanup.run() }
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

function scriptsOf({ scenario, context, kubeconfig }: DemoOptions): readonly Script[] {
  if (context !== undefined) {
    const about =
      'The alerts come from the counts in this cluster’s own DaemonSets. Nothing is written to it, and no button changes it.'
    return [
      {
        id: 'context',
        title: `Your cluster, context ${context}`,
        about,
        start: (setting) => startRealPlay(setting, { context, kubeconfig }),
      },
    ]
  }
  const known = SCENARIOS.map(({ id }) => id)
  if (scenario !== undefined && !known.includes(scenario))
    throw new UsageError(`There is no scenario ${scenario}. There are: ${known.join(', ')}`)
  return SCENARIOS.map((one) => ({
    id: one.id,
    title: one.title,
    about: one.about,
    start: (setting) => playScenario(one, setting),
  }))
}

function panelOf(
  scripts: readonly Script[],
  playing: () => { readonly script: Script; readonly play: Play } | undefined,
  change: (script: Script) => Promise<void>,
): Panel {
  return {
    title: 'What happens in the cluster',
    about:
      'The bot in the channel is the product itself. Cluster, Alertmanager and Slack are stand-ins on this machine.',
    scenarios: scripts.map(({ id, title, about }) => ({ id, title, about })),
    scenario: () => playing()?.script.id,
    controls: () => playing()?.play.controls() ?? [],
    facts: () => playing()?.play.facts() ?? [],
    async onScenario(id) {
      const script = scripts.find((one) => one.id === id)
      if (!script) throw new Error(`There is no scenario ${id}`)
      await change(script)
      return `${script.title}: the alert fires in some seconds.`
    },
    async onControl(id) {
      const { play } = playing() ?? {}
      if (!play) throw new Error('Wait until the scenario has started')
      return play.press(id)
    },
  }
}
