import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Change } from '../../src/daemonset/change.ts'
import type { DaemonSetStatus } from '../../src/kubernetes/objects.ts'
import { MERGE_PATCH } from './api.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { output } from './run.ts'
import { applyManifests, logIn, type ServiceAccount } from './service-account.ts'
import { play, SCENES } from './verdict-scenes.ts'
import { getDaemonSet, listPods, touchDaemonSet, waitForStatus } from './workload.ts'

interface Prediction {
  readonly numberMisscheduled: number
  readonly desiredNumberScheduled: number
  readonly podsRestarted: number
}

interface Report {
  readonly daemonSets: readonly {
    readonly namespace: string
    readonly name: string
    readonly findings: readonly {
      readonly id: string
      readonly heldBy: string | null
      readonly variant: string | null
      readonly remedies: readonly {
        readonly kind: string
        readonly predict: Prediction | null
        readonly change?: Change
      }[]
    }[]
  }[]
  readonly unreadable: readonly unknown[]
}

let cluster: ControlPlane
let bot: ServiceAccount
let played: Map<string, Promise<void>>
let report: Promise<Report>

beforeAll(async () => {
  cluster = await startControlPlane()
  await applyManifests(cluster, ['bot'])
  bot = await logIn(cluster, cluster.directory)
  // All at once, each on its own nodes: most of the time is waiting.
  played = new Map(SCENES.map((scene) => [scene.name, play(cluster, scene)]))
  await Promise.allSettled(played.values())
  report = scan()
})

afterAll(() => cluster?.stop())

test('the bot’s own rights are enough to read it all', async () => {
  expect((await report).unreadable).toEqual([])
})

test.each(SCENES)('$name is $findings', async ({ name, findings, variant }) => {
  await played.get(name)
  const found = await findingsOf(name)
  expect(found.map(({ id, heldBy }) => (heldBy === null ? id : `${id}/${heldBy}`))).toEqual(
    findings,
  )
  if (variant !== undefined) expect(found[0]?.variant).toBe(variant)
})

test.each(SCENES.filter(({ remedy }) => remedy))(
  '$name: what is predicted of $remedy is seen',
  async ({ name, remedy }) => {
    await played.get(name)
    const answers = (await findingsOf(name)).flatMap(({ remedies }) => remedies)
    const { change, predict } = answers.find(({ kind }) => kind === remedy) ?? {}
    if (change === undefined || !predict) throw new Error(`${remedy} was not simulated`)
    const before = await podsByUid(name)
    await perform(name, change)
    await waitForStatus(cluster, { namespace: name, name: 'agent' }, (status) =>
      isAsPredicted(status, predict, change),
    )
    const after = await podsByUid(name)
    const replaced = [...before].filter(
      ([uid, node]) => !after.has(uid) && [...after.values()].includes(node),
    )
    expect(replaced).toHaveLength(predict.podsRestarted)
  },
)

/** After a change of the template only once it is rolled out. */
function isAsPredicted(status: DaemonSetStatus, predict: Prediction, change: Change): boolean {
  const { numberMisscheduled, desiredNumberScheduled, updatedNumberScheduled } = status
  return (
    numberMisscheduled === predict.numberMisscheduled &&
    desiredNumberScheduled === predict.desiredNumberScheduled &&
    (change.kind !== 'tolerate' || updatedNumberScheduled === desiredNumberScheduled)
  )
}

/** What `scan` prints, by a process of its own that has the bot's rights. */
async function scan(): Promise<Report> {
  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
  return JSON.parse(
    await output(process.execPath, [
      cli,
      'scan',
      '--output',
      'json',
      '--kubeconfig',
      bot.kubeconfigPath,
    ]),
  )
}

async function findingsOf(namespace: string): Promise<Report['daemonSets'][number]['findings']> {
  const { daemonSets } = await report
  return (
    daemonSets.find((one) => one.namespace === namespace && one.name === 'agent')?.findings ?? []
  )
}

async function podsByUid(namespace: string): Promise<Map<string, string>> {
  const pods = (await listPods(cluster, namespace)).filter(({ metadata }) =>
    metadata.ownerReferences?.some(({ name }) => name === 'agent'),
  )
  return new Map(pods.map(({ metadata, spec }) => [metadata.uid ?? '', spec?.nodeName ?? '']))
}

async function perform(namespace: string, change: Change): Promise<void> {
  if (change.kind === 'recount') return touchDaemonSet(cluster, namespace, 'agent')
  if (change.kind === 'delete-pods') {
    for (const pod of change.pods)
      await cluster.request('DELETE', `/api/v1/namespaces/${namespace}/pods/${pod}`)
    return
  }
  if (change.kind !== 'tolerate') throw new Error(`${change.kind} is not tried here`)
  const { spec } = await getDaemonSet(cluster, namespace, 'agent')
  const tolerations = [...(spec.template.spec?.tolerations ?? []), ...change.tolerations]
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/agent`
  await cluster.request(
    'PATCH',
    path,
    { spec: { template: { spec: { tolerations } } } },
    MERGE_PATCH,
  )
}
