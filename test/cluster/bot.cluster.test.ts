import { afterAll, beforeAll, expect, test } from 'vitest'
import { buttonsOf, textOf } from '../world.ts'
import { MERGE_PATCH } from './api.ts'
import {
  ALLOWED_USER,
  type BotWorld,
  OUTSIDER,
  press,
  SECOND_ALLOWED_USER,
  startBotWorld,
  submit,
} from './bot-world.ts'
import { STAYS_TERMINATING_ANNOTATION } from './kwok.ts'
import { until } from './processes.ts'
import {
  addTaint,
  getDaemonSet,
  makeDaemonSet,
  makeNodes,
  TEST_LABEL,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

const agent = { namespace: 'datadog', name: 'datadog-agent' }
const present = { key: 'node-role', operator: 'Exists', effect: 'NoSchedule' } as const
let world: BotWorld

beforeAll(async () => {
  world = await startBotWorld()
  await waitForReadyNodes(world.cluster, await makeNodes(world.cluster, 3))
  await makeDaemonSet(world.cluster, {
    ...agent,
    podSpec: { nodeSelector: { [TEST_LABEL]: 'true' }, tolerations: [present] },
  })
  await waitForStatus(world.cluster, agent, ({ numberReady }) => numberReady === 3)
})

afterAll(() => world?.stop())

const message = () => world.messages()[0]
const ts = () => message()?.ts ?? ''
const thread = () => world.thread(message()).join('\n')
const activeSilences = async () =>
  (await world.monitoring.silences()).filter(({ status }) => status.state === 'active')
const alertmanagerMetrics = async () =>
  (await fetch(`${world.monitoring.alertmanagerUrl}/metrics`)).text()
const untilButton = (text: string) =>
  until(`the button ${text}`, async () => buttonsOf(message()).includes(text) || undefined)

test('a node that is scaled down while a worker drains leads to one message with the cause', async () => {
  await scaleDown('node-1')
  const text = await until('the message', async () => message() && textOf(message()))
  expect(text).toContain('datadog/datadog-agent')
  expect(text).toContain('production')
  expect(text).toMatch(/node-1 is .*; .*still runs there/)
  expect(text).toContain('ToBeDeletedByClusterAutoscaler')
  expect(text).toMatch(/Now ▸ {2}Wait/)
  // Without a first notification, Alertmanager would send no resolved one after the silence below.
  await until(
    'a notification by Alertmanager',
    async () =>
      /notifications_total\{[^}]*webhook[^}]*\} [1-9]/.test(await alertmanagerMetrics()) ||
      undefined,
  )
  await until(
    'the evidence in the thread',
    async () => thread().includes('datadog/worker') || undefined,
  )
})

test('a user who is not allowed and a forged click are rejected', async () => {
  expect(await press(world, ts(), 'Silence…', OUTSIDER)).toContain('may do this')
  expect(
    await world.slack.click({
      user: ALLOWED_USER,
      ts: ts(),
      text: 'Silence…',
      forgery: 'wrong-secret',
    }),
  ).toMatchObject({
    ok: false,
    status: 401,
  })
  expect(world.slack.modal(ALLOWED_USER)).toBeUndefined()
  expect(await world.monitoring.silences()).toEqual([])
})

test('a click creates exactly one silence in Alertmanager, with the matchers in the modal', async () => {
  const dialog = await press(world, ts(), 'Silence…')
  for (const matcher of [
    'alertname="KubeDaemonSetMisScheduled"',
    'cluster="production"',
    'daemonset="datadog-agent"',
  ])
    expect(dialog).toContain(matcher)
  // Two users submit at the same time, then Slack delivers one submission again.
  await press(world, ts(), 'Silence…', SECOND_ALLOWED_USER)
  const values = { duration: '4h', reason: 'workers drain' }
  const outcomes = await Promise.all([
    submit(world, values),
    submit(world, values, SECOND_ALLOWED_USER),
  ])
  expect(outcomes.filter((outcome) => /^(closed$|Silenced )/.test(outcome))).toHaveLength(1)
  expect(
    outcomes.filter((outcome) =>
      /^Not done .*(Already silenced by|doing this right now)/.test(outcome),
    ),
  ).toHaveLength(1)
  for (const delivery of world.slack.deliveries.filter(
    ({ payload }) => payload.type === 'view_submission',
  ))
    await world.slack.replay(delivery)

  const [silence, ...others] = await world.monitoring.silences()
  expect(others).toEqual([])
  expect(silence?.status.state).toBe('active')
  expect(silence?.matchers.toSorted((one, other) => (one.name < other.name ? -1 : 1))).toEqual(
    [
      { name: 'alertname', value: 'KubeDaemonSetMisScheduled' },
      { name: 'cluster', value: 'production' },
      { name: 'daemonset', value: 'datadog-agent' },
      { name: 'namespace', value: 'datadog' },
    ].map((matcher) => ({ ...matcher, isRegex: false, isEqual: true })),
  )
  expect(silence?.createdBy).toMatch(/^(maya \(Slack U0MAYA00001\)|kim \(Slack U0KIM000001\))$/)
  expect(silence?.comment).toMatch(/^workers drain \[daemonset-triage inc_\w+ act_\w+\]$/)
  const hours =
    (Date.parse(silence?.endsAt ?? '') - Date.parse(silence?.startsAt ?? '')) / 3_600_000
  expect(hours).toBeCloseTo(4, 1)
  await until(
    'a suppressed alert',
    async () => (await world.monitoring.alerts())[0]?.status.state === 'suppressed' || undefined,
  )
  expect(thread()).toContain('workers drain')
})

test('a click ends the silence', async () => {
  await untilButton('End silence…')
  await press(world, ts(), 'End silence…')
  expect(await submit(world)).toMatch(/^closed$|ended/)
  expect(await activeSilences()).toEqual([])
  await untilButton('Silence…')
})

test('a click adds the toleration to the DaemonSet, and the result equals the prediction', async () => {
  const dialog = await press(world, ts(), 'Add toleration…')
  expect(dialog).toContain('misscheduled 1 → 0, desired 2 → 3')
  expect(dialog).toContain('Server-side dry run: accepted')
  expect(await submit(world, { confirm: ['yes'] })).toMatch(/^closed$|Added/)
  const { spec } = await getDaemonSet(world.cluster, agent.namespace, agent.name)
  expect(spec.template.spec?.tolerations).toEqual([
    present,
    { key: 'ToBeDeletedByClusterAutoscaler', operator: 'Exists', effect: 'NoSchedule' },
  ])
  await waitForStatus(
    world.cluster,
    agent,
    ({ numberMisscheduled, desiredNumberScheduled }) =>
      numberMisscheduled === 0 && desiredNumberScheduled === 3,
  )
  await until(
    'the prediction and the result in the thread',
    async () => /misscheduled predicted 1 → 0, seen 1 → 0[.;]/.test(thread()) || undefined,
  )
})

test('the message closes when the alert has ended, and it is the only message', async () => {
  await until(
    'the closed message',
    async () => textOf(message()).includes('Over after ') || undefined,
  )
  expect(buttonsOf(message())).not.toContain('Silence…')
  expect(world.messages().map(({ thread_ts, text }) => [thread_ts, text])).toEqual([
    [undefined, expect.any(String)],
  ])
  expect(
    world.slack.calls('chat.postMessage').filter(({ args }) => args.thread_ts === undefined),
  ).toHaveLength(1)
  expect(
    world.slack.clientErrors.filter(({ reason: because }) => !because.includes('401')),
  ).toEqual([])
  expect(await activeSilences()).toEqual([])
})

async function scaleDown(node: string): Promise<void> {
  const { request } = world.cluster
  await request('POST', `/api/v1/namespaces/${agent.namespace}/pods`, {
    metadata: { name: 'worker', annotations: { [STAYS_TERMINATING_ANNOTATION]: '' } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 600,
      containers: [{ name: 'main', image: 'worker:1' }],
    },
  })
  await request('PATCH', `/api/v1/nodes/${node}`, { spec: { unschedulable: true } }, MERGE_PATCH)
  const decided = String(Math.floor(Date.now() / 1000))
  await addTaint(world.cluster, node, {
    key: 'ToBeDeletedByClusterAutoscaler',
    value: decided,
    effect: 'NoSchedule',
  })
  await request('DELETE', `/api/v1/namespaces/${agent.namespace}/pods/worker`)
  await touchUntilCounted(world.cluster, agent, 1)
}
