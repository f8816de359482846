import { describe, expect, it } from 'vitest'
import { beginAction, type ChangeParameters } from '../src/incident/action-log.ts'
import { carryOut } from '../src/incident/actions/change.ts'
import { followUp } from '../src/incident/actions/follow-up.ts'
import { findOutcome } from '../src/incident/actions/outcome.ts'
import { prepare } from '../src/incident/actions/prepare.ts'
import { offeredFor } from '../src/incident/offered.ts'
import { whyNotStanding } from '../src/incident/standing-patch.ts'
import { type Cluster, KubernetesError } from '../src/kubernetes/cluster.ts'
import type { DaemonSet, Pod, Snapshot, Toleration } from '../src/kubernetes/objects.ts'
import { explain } from '../src/triage/explain.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, finding, observationAs, quietWorld, remedy } from './incident-world.ts'

const gpu: Toleration = { key: 'gpu', operator: 'Exists' }
type WholeDaemonSet = DaemonSet & Readonly<Record<string, unknown>>
const agent = (tolerations?: readonly Toleration[], annotations = {}): WholeDaemonSet => ({
  metadata: { namespace: 'datadog', name: 'agent', uid: 'uid-agent', annotations },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: { metadata: { labels: { app: 'agent' } }, spec: tolerations ? { tolerations } : {} },
  },
})
const pod = (name: string, deletionTimestamp?: string): Pod => ({
  metadata: {
    namespace: 'datadog',
    name,
    uid: `uid-${name}`,
    ...(deletionTimestamp && { deletionTimestamp }),
  },
  spec: { nodeName: 'n1' },
})
const snapshot = (...pods: readonly Pod[]): Snapshot => ({
  takenAt: '2026-11-24T03:00:00Z',
  daemonSets: [agent()],
  nodes: [],
  pods,
  unreadable: [],
})
const change = (
  kind: ChangeParameters['kind'],
  more: Partial<ChangeParameters> = {},
): ChangeParameters => ({
  kind,
  namespace: 'datadog',
  name: 'agent',
  uid: 'uid-agent',
  before: { misscheduled: 1, desired: 9 },
  predicted: null,
  ...more,
})
const patch = change('patch', { tolerations: { to: [gpu] } })
const undo = change('undo', { tolerations: { from: [gpu] } })
const deletion = change('delete', {
  pods: ['p1', 'p2'].map((name) => ({ name, uid: `uid-${name}` })),
})
const open = observationAs('open', [diagnosis({ nodes: ['n1'] })])

/** A world with one running action. */
async function running(parameters: ChangeParameters, cluster: Partial<Cluster>) {
  const world = await quietWorld({
    cluster,
    alertmanager: { alertsUrl: () => '' },
    slack: { publish: async () => ({ ok: true, ts: '1.0' }) },
  })
  await world.incident(open)
  const row = await world.row()
  const { kind: intent } = parameters
  const begun = await beginAction(world.bot, row, { intent, who: 'U1', parameters })
  if (!begun.ok) throw new Error('not begun')
  const actions = () => world.bot.store.actions('inc_1')
  return { ...world, action: begun.value, actions, row }
}

describe('the lost outcome of', () => {
  const outcome = async (parameters: ChangeParameters, cluster: Partial<Cluster>) => {
    const { bot, action } = await running(parameters, cluster)
    return (await findOutcome(bot, action))?.change
  }
  const is = (daemonSet: WholeDaemonSet): Partial<Cluster> => ({ daemonSet: async () => daemonSet })
  const has = (...pods: readonly Pod[]): Partial<Cluster> => ({
    snapshot: async () => snapshot(...pods),
  })

  it('a patch that was made: it stays active and can be undone', async () => {
    expect(await outcome(patch, is(agent([gpu])))).toMatchObject({
      state: 'active',
      undo: '{"tolerations":null}',
    })
    expect(await outcome(patch, is(agent()))).toMatchObject({ state: 'failed', undo: null })
  })

  it('an undo that was made: its rollout is followed, and there is nothing to undo', async () => {
    expect(await outcome(undo, is(agent()))).toMatchObject({ state: 'active', undo: null })
    expect(await outcome(undo, is(agent([gpu])))).toMatchObject({ state: 'failed' })
  })

  it('a patch of a DaemonSet that was recreated: it was not made', async () => {
    const { metadata, ...rest } = agent([gpu])
    const recreated = { ...rest, metadata: { ...metadata, uid: 'another' } }
    expect(await outcome(patch, is(recreated))).toMatchObject({ state: 'failed' })
  })

  it('a deletion: a terminating pod counts as deleted, a running one does not', async () => {
    const stopping = pod('p1', '2026-11-24T03:10:00Z')
    expect(await outcome(deletion, has(stopping))).toMatchObject({ state: 'done' })
    expect(await outcome(deletion, has(stopping, pod('p2')))).toMatchObject({
      state: 'failed',
      outcome: '1 of its pods still exist',
    })
  })

  it('a recount: only an annotation from after the click counts', async () => {
    const touched = (at: string) => is(agent([], { 'daemonset-triage/recounted-at': at }))
    const recount = change('recount')
    expect(await outcome(recount, touched('2026-11-24T03:00:00.000Z'))).toMatchObject({
      state: 'done',
    })
    expect(await outcome(recount, touched('2026-11-24T02:59:59.000Z'))).toMatchObject({
      state: 'failed',
    })
  })
})

describe('a deletion', () => {
  it('sends uids, and a pod that is gone already does not fail it', async () => {
    const asked: string[] = []
    const { bot, action, row, actions } = await running(deletion, {
      daemonSet: async () => agent(),
      deletePod: async (_, name, uid) => {
        asked.push(uid)
        if (name === 'p1') throw new KubernetesError('not found', 404, 'NotFound')
      },
    })
    await carryOut(bot, row, action, deletion)
    expect(asked).toEqual(['uid-p1', 'uid-p2'])
    expect((await actions()).map(({ state }) => state)).toEqual(['done'])
  })

  it('is only a dry run until it is confirmed', async () => {
    const dryRuns: (boolean | undefined)[] = []
    const { bot } = await running(deletion, {
      daemonSet: async () => agent(),
      deletePod: async (_namespace, _name, _uid, options) => {
        dryRuns.push(options?.dryRun)
      },
    })
    await prepare(bot, snapshot(pod('p1')), {
      action: 'delete',
      namespace: 'datadog',
      name: 'agent',
      uid: 'uid-agent',
      remedy: remedy('delete-pod'),
      change: { kind: 'delete-pods', pods: ['p1'] },
    })
    expect(dryRuns).toEqual([true])
  })
})

it.each([undefined, 500, 503])(
  'a patch that is answered with %s keeps running: it may have been made',
  async (status) => {
    const { bot, action, row, actions, posts } = await running(patch, {
      daemonSet: async () => agent(),
      patchDaemonSet: () => Promise.reject(new KubernetesError('no answer', status)),
    })
    await carryOut(bot, row, action, patch)
    expect((await actions()).map(({ state }) => state)).toEqual(['running'])
    expect(posts).toEqual([])
  },
)

it('a patch whose undo was recorded is ended, also if the bot was killed in between', async () => {
  const { bot, action, actions, row, pass } = await running(patch, {})
  const undoable = JSON.stringify({ tolerations: null })
  await bot.store.changeAction(action.id, 'running', { state: 'active', undo: undoable })
  pass(1)
  const begun = await beginAction(bot, row, { intent: 'undo', who: 'U2', parameters: undo })
  if (!begun.ok) throw new Error('not begun')
  await bot.store.changeAction(begun.value.id, 'running', { state: 'done' })
  await followUp(bot, row, open, [])
  expect((await actions()).map(({ state, outcome }) => [state, outcome])[0]).toEqual([
    'ended',
    'undone by U2',
  ])
})

describe('what is offered', () => {
  const advised = diagnosis({
    nodes: ['n1'],
    findings: [
      finding('T3', {
        remedies: [remedy('tolerate', { change: { kind: 'tolerate', tolerations: [gpu] } })],
      }),
    ],
  })
  const observation = observationAs('open', [advised])
  const offered = async (actions: readonly ('patch' | 'silence')[], minutes: readonly number[]) => {
    let asked = 0
    const may = async () => {
      asked += 1
      return { allowed: true }
    }
    const { bot, pass } = await quietWorld({ config: { actions }, cluster: { may } })
    let last: string[] = []
    for (const waited of minutes) {
      pass(waited)
      const { changes } = await offeredFor(bot, observation, explain([advised]))
      last = changes.map(({ action }) => action)
    }
    return { last, asked }
  }

  it('is only what ACTIONS names, and no right is asked for otherwise', async () => {
    expect(await offered(['patch'], [0])).toEqual({ last: ['patch'], asked: 1 })
    expect(await offered(['silence'], [0])).toEqual({ last: [], asked: 0 })
  })

  it('is nothing while the cluster cannot be read, and nothing once the incident is over', async () => {
    const { bot } = await quietWorld({
      config: { actions: ['patch'] },
      cluster: { may: async () => ({ allowed: true }) },
    })
    for (const other of [{ unreadable: 'no answer' }, { state: 'closed' as const }]) {
      const seen = { ...observation, ...other }
      expect((await offeredFor(bot, seen, explain([advised]))).changes).toEqual([])
    }
  })

  it('has for each DaemonSet a right of its own, asked for in its namespace', async () => {
    const both = [advised, { ...advised, namespace: 'other', uid: 'uid-other' }]
    const asked: string[] = []
    const { bot } = await quietWorld({
      config: { actions: ['patch'] },
      cluster: {
        may: async (verb, resource, namespace, name) => {
          asked.push([verb, resource, namespace, name].join(' '))
          return { allowed: namespace === 'datadog' }
        },
      },
    })
    const ask = () => offeredFor(bot, observationAs('open', both), explain(both))
    await ask()
    const { changes } = await ask()
    expect(changes.map(({ namespace, review }) => [namespace, review.allowed])).toEqual([
      ['datadog', true],
      ['other', false],
    ])
    expect(asked).toEqual(['patch daemonsets datadog agent', 'patch daemonsets other agent'])
  })

  it('is not allowed if the API server does not say so', async () => {
    const { bot } = await quietWorld({
      config: { actions: ['patch'] },
      cluster: { may: () => Promise.reject(new Error('no answer')) },
    })
    const { changes } = await offeredFor(bot, observation, explain([advised]))
    expect(changes.map(({ review }) => review)).toEqual([
      { allowed: false, reason: expect.stringContaining('it is unknown whether the bot may') },
    ])
  })

  it('rests on rights that are at most half a minute old', async () => {
    expect(await offered(['patch'], [0, 0.4, 0.2])).toEqual({ last: ['patch'], asked: 2 })
  })
})

describe('a patch can be undone while it stands', () => {
  const recreated = (() => {
    const { metadata, ...rest } = agent([gpu])
    return { ...rest, metadata: { ...metadata, uid: 'another' } }
  })()
  const other: Toleration = { key: 'other', operator: 'Exists' }

  it.each<[string, WholeDaemonSet | undefined, string | undefined]>([
    ['as it was made', agent([gpu]), undefined],
    ['the DaemonSet was deleted', undefined, 'was deleted, and the patch with it'],
    ['it was recreated', recreated, 'was deleted and created again'],
    ['it was set back', agent(), 'are what they were before the patch'],
    ['somebody added to it', agent([gpu, other]), 'Somebody else has changed the tolerations'],
  ])('%s', (_, daemonSet, why) => {
    const found = whyNotStanding(daemonSet, patch)
    if (why === undefined) expect(found).toBeUndefined()
    else expect(plain(found ?? [])).toContain(why)
  })

  it.each([
    ['recreated', recreated],
    ['changed by somebody else', agent([gpu, other])],
  ])('and nothing is sent if it is %s between the dialog and the undo', async (_, daemonSet) => {
    let sent = 0
    const { bot, action, row, actions } = await running(undo, {
      daemonSet: async () => daemonSet,
      patchDaemonSet: async () => {
        sent += 1
        return daemonSet
      },
    })
    expect(await carryOut(bot, row, action, undo)).toMatchObject({ ok: false })
    expect(sent).toBe(0)
    expect((await actions()).map(({ state }) => state)).toEqual(['failed'])
  })
})
