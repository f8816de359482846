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
  const pods = of<Pod>('Pod')
  const twins = pods.map((pod) => ({
    ...pod,
    metadata: { ...pod.metadata, namespace: 'other', uid: `other-${pod.metadata.name}` },
  }))
  return {
    takenAt: at.toISOString(),
    serverVersion: version,
    daemonSets: of<DaemonSet>('DaemonSet'),
    nodes: of<Node>('Node'),
    // Pods of the same names in another namespace are nobody's business.
    pods: [...twins, ...pods],
    unreadable: [],
  }
}

/** How the API server answers a dry run, and the change itself. */
interface Answers {
  dryRun?: () => Promise<void>
  change?: () => Promise<void>
  /** Another DaemonSet of the name has taken the place. */
  uid?: string
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
    daemonSet: async () => {
      const { uid = daemonSet.metadata.uid ?? '' } = answers
      return { ...daemonSet, metadata: { ...daemonSet.metadata, uid } }
    },
    may: async () => ({ allowed: true }),
    deletePod: (_, __, uid, options) => send(uid, options),
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
    expect(sent.filter((uid) => uid.startsWith('uid-cost-exporter-'))).toHaveLength(2)
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

describe('the API server', () => {
  const error = (status?: number) => () => Promise.reject(new KubernetesError('so it is', status))
  /** These answers in turn, then success. */
  const inTurn = (...all: readonly (() => Promise<void>)[]) => {
    let next = 0
    return () => all[next++]?.() ?? Promise.resolve()
  }

  it.each([409, 422])('answers %i, another write came first: tries once more', async (status) => {
    const { sent, submit, answers } = await dialogOf(gpuTaint, 'patch')
    answers.change = inTurn(error(status))
    expect(await submit({ confirm: 'yes' })).toContain('Added tolerations')
    expect(sent).toHaveLength(2)
  })

  it('answers 409 again: gives up and says so', async () => {
    const { sent, submit, answers } = await dialogOf(gpuTaint, 'patch')
    answers.change = error(409)
    expect(await submit({ confirm: 'yes' })).toContain('Nothing was changed')
    expect(sent).toHaveLength(2)
  })

  it('refuses: is not asked again', async () => {
    const { sent, submit, answers } = await dialogOf(gpuTaint, 'patch')
    answers.change = error(403)
    expect(await submit({ confirm: 'yes' })).toContain('so it is. Nothing was changed.')
    expect(sent).toHaveLength(1)
  })

  it('refuses the second pod: says that the first one is gone', async () => {
    const { sent, submit, answers, name } = await dialogOf(boundBeforeTaint, 'delete')
    answers.change = inTurn(() => Promise.resolve(), error(403))
    const outcome = await submit({ confirm: name })
    expect(outcome).toContain('1 of 2 pods were deleted, then: so it is')
    expect(outcome).not.toContain('Nothing was changed')
    expect(sent).toHaveLength(2)
  })

  it.each([undefined, 500])('answers a dry run with %s: proves nothing', async (status) => {
    const { sent, submit, answers } = await dialogOf(gpuTaint, 'patch')
    answers.dryRun = error(status)
    expect(await submit({ confirm: 'yes' })).toContain('Added tolerations')
    expect(sent).toHaveLength(1)
  })

  it('has another DaemonSet of this name by now: nothing is sent', async () => {
    const { sent, submit, answers, name } = await dialogOf(boundBeforeTaint, 'delete')
    answers.uid = 'another'
    expect(await submit({ confirm: name })).toContain('was deleted and created again')
    expect(sent).toEqual([])
  })
})
