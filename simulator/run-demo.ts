import { type DemoOptions, startDemo } from './demo.ts'

/** The `demo` command: starts the demo, prints its URL and what to try, and stops on Ctrl-C. */
export async function runDemo(
  options: DemoOptions,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  const { url, title, stop } = await startDemo(options)
  print(options.context === undefined ? scenarioText(url, title) : ownClusterText(url, title))
  await interrupted
  print('\nStopping.\n')
  await stop()
}

const scenarioText = (url: string, title: string) => `
  ${title}

  Open  ${url}

  1. In a few seconds the alert fires. The bot posts a message: which nodes, why, and what to do.
  2. Follow the three steps above the messages, as Maya. Sam is not in ALLOWED_USERS: the bot
     refuses his clicks.
  3. Change the cluster with the buttons beside the channel. The bot updates its message.

  Press Ctrl-C to stop.
`

const ownClusterText = (url: string, title: string) => `
  ${title}

  Open  ${url}

  1. The bot posts a message for each DaemonSet with a misscheduled pod, as if its alert had fired.
  2. The message explains the state of your cluster. The cluster is only read: no button changes it.
  3. No message? Then no alert would fire. "scan" also finds what the alert misses:
     node src/cli.ts scan --context …

  Press Ctrl-C to stop.
`
