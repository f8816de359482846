import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '../../simulator/slack/model.ts'
import { buttonsOf, textOf } from '../world.ts'
import { type BotWorld, postWebhook, press, startBotWorld, submit } from './bot-world.ts'
import { until } from './processes.ts'
import {
  addTaint,
  getDaemonSet,
  listPods,
  makeDaemonSet,
  makeNodes,
  touchDaemonSet,
  touchUntilCounted,
  waitForReadyNodes,
  waitForStatus,
} from './workload.ts'

const CASES = ['deleted', 'undone', 'recounted', 'refused', 'without-right']
let world: BotWorld

beforeAll(async () => {
  world = await startBotWorld()
  for (const pool of CASES) {
    const nodes = await makeNodes(world.cluster, 3, { prefix: pool, labels: { pool } })
    await waitForReadyNodes(world.cluster, nodes)
    await makeDaemonSet(world.cluster, {
      namespace: pool,
      name: 'agent',
      podSpec: { nodeSelector: { pool } },
    })
  }
  for (const pool of CASES)
    await waitForStatus(world.cluster, setOf(pool), ({ numberReady }) => numberReady === 3)
})

afterAll(() => world?.stop())

test('a click deletes the misscheduled pod, and the controller does not replace it', async () => {
  const message = await misschedule('deleted')
  const [pod] = (await listPods(world.cluster, 'deleted')).filter(
    ({ spec }) => spec?.nodeName === 'deleted-0',
  )
  expect(await press(world, message.ts, 'Delete pod…')).toContain(pod?.metadata.name)
  // The typed text must be the name of the DaemonSet.
  expect(await world.slack.submit({ user: 'maya', values: { confirm: 'yes' } })).toMatchObject({
    outcome: 'errors',
  })
  expect(await submit(world, { confirm: 'agent' })).toMatch(/^closed$|Deleted/)
  await threadSays(message, /misscheduled predicted 1 → 0, seen 1 → 0\./)
  expect(
    (await listPods(world.cluster, 'deleted')).map(({ spec }) => spec?.nodeName).toSorted(),
  ).toEqual(['deleted-1', 'deleted-2'])
  await saysThatItIsOver(message, 'deleted')
})

test('a click makes the controller recount if the status is too low', async () => {
  // Since Kubernetes 1.33 the controller does not recount after this taint, so no alert fires.
  await addTaint(world.cluster, 'recounted-0', { key: 'recounted', effect: 'NoSchedule' })
  expect(await postWebhook(world, 'firing', 'recounted')).toBe(200)
  const message = await untilMessage('recounted')
  await untilButton(message, 'Recount…')
  expect(await press(world, message.ts, 'Recount…')).toContain('Server-side dry run: accepted')
  expect(await submit(world)).toMatch(/^closed$|Done/)
  await waitForStatus(
    world.cluster,
    setOf('recounted'),
    ({ numberMisscheduled }) => numberMisscheduled === 1,
  )
  const { metadata } = await getDaemonSet(world.cluster, 'recounted', 'agent')
  expect(Object.keys(metadata.annotations ?? {})).toContain('daemonset-triage/recounted-at')
})

test('a patch can be undone while nobody else has changed the list', async () => {
  const message = await misschedule('undone')
  await untilButton(message, 'Add toleration…')
  // Without kube-state-metrics the alert does not end, so the message stays open.
  await world.monitoring.kubeStateMetrics.kill()
  await press(world, message.ts, 'Add toleration…')
  expect(await submit(world, { confirm: ['yes'] })).toMatch(/^closed$|Added/)
  await waitForStatus(
    world.cluster,
    setOf('undone'),
    ({ numberMisscheduled }) => numberMisscheduled === 0,
  )
  await untilButton(message, 'Undo patch…')
  await press(world, message.ts, 'Undo patch…')
  expect(await submit(world)).toMatch(/^closed$|Undid/)
  expect(
    (await getDaemonSet(world.cluster, 'undone', 'agent')).spec.template.spec?.tolerations,
  ).toBeUndefined()
  await world.monitoring.kubeStateMetrics.start()
})

test('the modal shows that a policy denies a change, and has no submit button', async () => {
  await refuseTolerations('refused')
  const message = await misschedule('refused')
  await untilButton(message, 'Add toleration…')
  expect(await press(world, message.ts, 'Add toleration…')).toMatch(
    /dry run: refused.*tolerations are frozen here/,
  )
  expect(world.slack.modal('maya')?.submit).toBeFalsy()
  await world.slack.closeModal({ user: 'maya' })
})

test('without a right its button is not shown, and the message names the file that grants it', async () => {
  const message = await misschedule('without-right')
  await untilButton(message, 'Delete pod…')
  await world.cluster.kubectl(['delete', 'clusterrolebinding', 'daemonset-triage-delete-pods'])
  // The bot checks its rights every 30 s and at startup.
  await world.bot.restart()
  await until(
    'a message without the button',
    async () => !buttonsOf(now(message)).includes('Delete pod…') || undefined,
  )
  expect(textOf(now(message))).toContain('delete-pods.yaml')
  expect(buttonsOf(now(message))).toContain('Add toleration…')
})

const setOf = (namespace: string) => ({ namespace, name: 'agent' })
const now = (message: Message) => world.slack.message(message.ts)
/**
 * A heartbeat that comes late taints nodes for a moment. The controller counts that, and since
 * Kubernetes 1.33 it does not recount when the taint goes, so the DaemonSet is touched meanwhile.
 */
const saysThatItIsOver = (message: Message, pool: string) =>
  until(
    'the closed message',
    async () => {
      await touchDaemonSet(world.cluster, pool, 'agent')
      return textOf(now(message)).includes('Over after ') || undefined
    },
    { timeoutMs: 60_000, intervalMs: 2_000 },
  )

const threadSays = (message: Message, words: RegExp) =>
  until(
    `a thread with ${words}`,
    async () => world.thread(message).some((entry) => words.test(entry)) || undefined,
  )
const untilButton = (message: Message, text: string) =>
  until(`the button ${text}`, async () => buttonsOf(now(message)).includes(text) || undefined)

/** Taints the first node of the pool and waits for the message. */
async function misschedule(pool: string): Promise<Message> {
  await addTaint(world.cluster, `${pool}-0`, { key: pool, effect: 'NoSchedule' })
  await touchUntilCounted(world.cluster, setOf(pool), 1)
  return untilMessage(pool)
}

function untilMessage(pool: string): Promise<Message> {
  return until('the message', async () =>
    world.messages().find((message) => textOf(message).includes(`${pool}/agent`)),
  )
}

async function refuseTolerations(namespace: string): Promise<void> {
  const group = 'admissionregistration.k8s.io/v1'
  const metadata = { name: 'test-frozen-tolerations' }
  await world.cluster.request('POST', `/apis/${group}/validatingadmissionpolicies`, {
    metadata,
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['UPDATE'],
            resources: ['daemonsets'],
          },
        ],
      },
      validations: [
        {
          expression:
            '!has(object.spec.template.spec.tolerations) || object.spec.template.spec.tolerations.size() == 0',
          message: 'tolerations are frozen here',
        },
      ],
    },
  })
  await world.cluster.request('POST', `/apis/${group}/validatingadmissionpolicybindings`, {
    metadata,
    spec: { policyName: metadata.name, validationActions: ['Deny'] },
  })
}
