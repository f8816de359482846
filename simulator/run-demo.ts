import { type DemoOptions, startDemo } from './demo.ts'

/** `npm run demo`: starts the demo, says where it is and what to click, and ends with Ctrl-C. */
export async function runDemo(
  options: DemoOptions,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  const demo = await startDemo(options)
  print(
    options.context === undefined
      ? scenarioText(demo.url, demo.title)
      : clusterText(demo.url, demo.title),
  )
  await interrupted
  print('\nStopping.\n')
  await demo.stop()
}

const scenarioText = (url: string, title: string) => `
  ${title}

  Open  ${url}

  1. Within some seconds the alert fires, and the message explains it: which nodes, why, and what to do.
  2. Press a button of the message as Maya. Sam may look, but is not on the list of those who may act.
  3. Press a button beside the channel: a drain finishes, a node recovers, the API server goes away. The message follows.

  Ctrl-C ends everything.
`

const clusterText = (url: string, title: string) => `
  ${title}

  Open  ${url}

  1. Each DaemonSet whose status counts a misscheduled pod becomes a message, as if its alert had fired.
  2. The message explains it from what is in your cluster now. It is only read: no button changes anything.
  3. No message? Then no alert would fire. "scan" also finds what the alert cannot see: node src/cli.ts scan --context …

  Ctrl-C ends everything.
`
