import { describe, expect, it } from 'vitest'
import { boundBeforeTaint } from '../simulator/scenarios/bound-before-taint.ts'
import { gpuTaint } from '../simulator/scenarios/gpu-taint.ts'
import type { Scenario } from '../simulator/scenarios/scenario.ts'
import { applyChange, changeModal } from '../src/incident/actions/change-dialog.ts'
import type { ChangeAction } from '../src/incident/offered.ts'
import { type Cluster, KubernetesError } from '../src/kubernetes/cluster.ts'
import type { DaemonSet, Node, Pod, Snapshot } from '../src/kubernetes/objects.ts'
import { readMetadata, type Submission } from '../src/slack/interactions.ts'
import { type Done, isDone, type Modal } from '../src/slack/modals.ts'
import { plain } from '../src/words/words.ts'
import { observationAs, quietWorld } from './incident-world.ts'

const at = new Date('2026-11-24T03:00:00Z')

function snapshotOf({ objects, version = 'v1.34.2' }: Scenario): Snapshot {
  const all = objects(at)
  const of = <T>(kind: string) =>
    all
      .filter((object) => object.kind === kind)
      .map((object) => ({
        ...object,
        metadata: { uid: `uid-${object.metadata.name}`, ...object.metadata },
      })) as unknown as T[]
  return {
    takenAt: at.toISOString(),
    serverVersion: version,
    daemonSets: of<DaemonSet>('DaemonSet'),
    nodes: of<Node>('Node'),
    pods: of<Pod>('Pod'),
    unreadable: [],
  }
}

/** How the API server answers a dry run, and the change itself. */
interface Answers {
  dryRun?: () => Promise<void>
  change?: () => Promise<void>
}

/**
 * An incident of the scenario's DaemonSet, whose dialog can be opened and submitted. Counts what
 * was sent to the API server and was not a dry run.
 */
async function dialogOf(scenario: Scenario, button: ChangeAction) {
  const answers: Answers = {}
  const snapshot = snapshotOf(scenario)
  const [daemonSet] = snapshot.daemonSets
  if (!daemonSet) throw new Error('the scenario has no DaemonSet')
  const { namespace = '', name } = daemonSet.metadata
  const sent: string[] = []
  const send = async (what: string, { dryRun }: { readonly dryRun?: boolean } = {}) => {
    if (dryRun) return answers.dryRun?.()
    sent.push(what)
    await answers.change?.()
  }
  const cluster: Partial<Cluster> = {
    snapshot: async () => snapshot,
    daemonSet: async () => ({ ...daemonSet }),
    may: async () => ({ allowed: true }),
    deletePod: (_, pod, __, options) => send(pod, options),
    patchDaemonSet: async (_, one, __, options) => {
      await send(one, options)
      return { ...daemonSet }
    },
  }
  const world = await quietWorld({
    config: { actions: ['patch', 'delete', 'recount'] },
    cluster,
    alertmanager: { alertsUrl: () => '' },
    slack: { publish: async () => ({ ok: true, ts: '1.0' }) },
  })
  const { bot } = world
  const labels = { alertname: 'KubeDaemonSetMisScheduled', namespace, daemonset: name }
  const alert = { cluster: 'prod', ...labels }
  const fires = { ...alert, status: 'firing', fingerprint: 'f', startsAt: '', labels } as const
  await bot.store.saveHints([fires], at.toISOString())
  const row = await world.incident(observationAs('open', []))
  await bot.store.changeAlerts([{ alert, change: { incident: row.id } }])
  const opened = await changeModal(bot, await world.row(), button)
  if (!opened.ok) throw new Error(plain(opened.why))
  const submit = async (values: Submission['values']) => {
    const shown = readMetadata(opened.value.private_metadata)
    if (!shown) throw new Error('the dialog cannot be submitted')
    const outcome = await applyChange(bot, await world.row(), button, {
      ...shown,
      user: { id: 'U1', name: 'maya' },
      viewId: 'V1',
      values,
    })
    return outcome.ok ? textOf(outcome.value) : plain(outcome.why)
  }
  return { name, sent, submit, answers }
}

const textOf = (result: Modal | Done): string =>
  isDone(result) ? plain(result.text) : JSON.stringify(result.blocks)

describe('a deletion', () => {
  it.each([
    ['nothing', {}],
    ['another name', { confirm: 'agent' }],
    ['what confirms a patch', { confirm: 'yes' }],
  ])('is not made if %s was typed, whatever Slack let through', async (_, values) => {
    const { sent, submit } = await dialogOf(boundBeforeTaint, 'delete')
    expect(await submit(values)).toContain('Nothing was done: confirm it first.')
    expect(sent).toEqual([])
  })

  it('is made once the name was typed', async () => {
    const { name, sent, submit } = await dialogOf(boundBeforeTaint, 'delete')
    expect(await submit({ confirm: ` ${name} ` })).toContain('Deleted the misscheduled pods')
    expect(sent).toHaveLength(2)
  })
})

describe('a change whose dry run the API server refuses by now', () => {
  it.each([
    ['deletion', boundBeforeTaint, 'delete', 'cost-exporter'],
    ['patch', gpuTaint, 'patch', 'yes'],
  ] as const)('is not made, and the refusal is shown: %s', async (_, scenario, button, confirm) => {
    const { sent, submit, answers } = await dialogOf(scenario, button)
    answers.dryRun = () => Promise.reject(new KubernetesError('not on a Friday', 403, 'Forbidden'))
    expect(await submit({ confirm })).toMatch(/refuses it: .*not on a Friday.* Nothing was changed/)
    expect(sent).toEqual([])
  })
})

describe('submitted by two people at once', () => {
  it.each([
    ['deletion', boundBeforeTaint, 'delete', 'cost-exporter', 2],
    ['patch', gpuTaint, 'patch', 'yes', 1],
  ] as const)('it is made once, and the other hears who is at it: %s', async (...given) => {
    const [_, scenario, button, confirm, requests] = given
    const { sent, submit, answers } = await dialogOf(scenario, button)
    const second = new Promise<string>((resolve) => {
      // While the first one waits for the API server.
      answers.change = async () => {
        answers.change = async () => {}
        resolve(await submit({ confirm }))
      }
    })
    const first = submit({ confirm })
    expect(await second).toContain('is doing this right now')
    expect(await first).toMatch(/Deleted the misscheduled pods|Added tolerations/)
    expect(sent).toHaveLength(requests)
  })
})
