import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import { startWorld, strings, textOf, until, type World } from './world.ts'

let world: World
let server: Server | undefined
afterEach(async () => {
  await world.stop()
  server?.close()
  server = undefined
})

const message = () => world.slack.messages().find((one) => one.thread_ts === undefined)
const posted = () => until(message, 'the message', 15_000)
const control = async (id: string) => gpuTaint.controls.find((one) => one.id === id)?.run(world)
const replies = () => world.slack.thread(message()?.ts ?? '')
const thread = () =>
  replies()
    .map((reply) => strings(reply.blocks).join(''))
    .join('\n')
const broadcasts = () =>
  replies().flatMap((reply) => (reply.broadcast ? strings(reply.blocks).join('') : []))
/** The controller does not sync on its own when a node with a running pod is tainted. */
const touch = () =>
  world.cluster.store.change('daemonsets', 'logging', 'fluent-bit', (daemonSet) => ({
    ...daemonSet,
    metadata: {
      ...daemonSet.metadata,
      annotations: { ...daemonSet.metadata.annotations, touched: 'yes' },
    },
  }))

it('an incident that reopens is broadcast to the channel once, from the thread of the same message', async () => {
  world = await startWorld(gpuTaint)
  const { ts } = await posted()
  const tainted = world.cluster.store
    .list('nodes')
    .filter(({ spec }) => spec?.taints?.some(({ key }) => key === 'dedicated'))
  for (let left = tainted.length; left > 0; left--) await control('untaint')
  await until(() => textOf(message()).includes('✅ Over after '), 'the end', 20_000)
  expect(broadcasts()).toEqual([])
  await control('taint-another')
  touch()
  await until(() => broadcasts().length > 0, 'that it is open again', 20_000)
  expect(message()?.ts).toBe(ts)
  expect(world.slack.messages().filter((one) => one.thread_ts === undefined)).toHaveLength(1)
  await control('taint-another')
  await until(
    () => thread().includes('Growing: 2 nodes now, 1 before'),
    'the reply about growth',
    20_000,
  )
  expect(broadcasts()).toEqual([expect.stringMatching(/^Open again: 1 node is misscheduled/)])
})

it('the metrics have the true count of every DaemonSet, except while the cluster is down', async () => {
  world = await startWorld(gpuTaint)
  const counts = async () =>
    (await (await fetch(`${world.url}/metrics`)).text())
      .split('\n')
      .filter((line) => line.startsWith('daemonset_triage_number_misscheduled{'))
  await until(
    async () => (await counts()).some((line) => line.includes('fluent-bit') && line.endsWith(' 2')),
    'the count',
  )
  expect((await counts()).length).toBe(world.cluster.store.list('daemonsets').length)
  await world.cluster.down()
  await until(async () => (await counts()).length === 0, 'no count', 20_000)
  await world.cluster.up()
})

it('a Prometheus that hangs or fails changes only its own line', async () => {
  let answer: string | undefined
  server = createServer((_, response) => {
    // No response: the connection hangs.
    if (answer !== undefined) response.end(answer)
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  world = await startWorld(gpuTaint, { env: { PROMETHEUS_URL: url } })
  await posted()
  await control('taint-another')
  await until(() => textOf(message()).includes('gpu-a100-3'), 'the third node', 20_000)
  expect(textOf(message())).not.toContain('(status)')
  answer = JSON.stringify({
    status: 'success',
    data: { result: [{ metric: {}, values: [[Math.floor(Date.now() / 1000), '3']] }] },
  })
  await control('taint-another')
  await until(() => textOf(message()).includes('count (status): 3 since'), 'the line', 15_000)
})
