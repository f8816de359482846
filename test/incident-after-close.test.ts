import { describe, expect, it } from 'vitest'
import { beginAction, type ChangeParameters, changeActions } from '../src/incident/action-log.ts'
import { followClosed } from '../src/incident/actions/after-close.ts'
import { authorize } from '../src/incident/actions/authorize.ts'
import { madeChange } from '../src/incident/actions/change.ts'
import { isSettled } from '../src/incident/actions/follow-up.ts'
import { applyUndo, undoDialog } from '../src/incident/actions/undo.ts'
import { standingPatches } from '../src/incident/standing-patch.ts'
import { KubernetesError } from '../src/kubernetes/cluster.ts'
import type { DaemonSet, DaemonSetStatus, Pod, Toleration } from '../src/kubernetes/objects.ts'
import { reconcile } from '../src/reconcile.ts'
import type { SlackClient } from '../src/slack/client.ts'
import type { IncidentView } from '../src/slack/incident-view.ts'
import type { Submission } from '../src/slack/interactions.ts'
import { incidentMessage } from '../src/slack/message.ts'
import { stateLines } from '../src/slack/message-text.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, observationAs, type QuietWorld, quietWorld } from './incident-world.ts'

const gpu: Toleration = { key: 'gpu', operator: 'Exists' }

const restarting: DaemonSetStatus = {
  observedGeneration: 2,
  desiredNumberScheduled: 28,
  updatedNumberScheduled: 16,
  numberAvailable: 27,
}
const finished: DaemonSetStatus = { ...restarting, updatedNumberScheduled: 28, numberAvailable: 28 }

interface Given {
  readonly actions?: readonly ('silence' | 'patch')[]
  readonly slack?: () => Awaited<ReturnType<SlackClient['publish']>> | undefined
}

/** An incident that closed with a patch of `datadog/agent`, and a cluster that can be changed. */
async function closedWorld(given: Given = {}) {
  const cluster = {
    daemonSet: {
      metadata: { name: 'agent', namespace: 'datadog', uid: 'uid-agent', generation: 2 },
      spec: {
        selector: { matchLabels: { app: 'agent' } },
        template: { spec: { tolerations: [gpu] } },
      },
      status: restarting,
    } as DaemonSet | undefined,
    pods: [] as Pod[],
    isAway: false,
    gets: 0,
    podLists: 0,
    patches: 0,
  }
  const sent: IncidentView[] = []
  const world = await quietWorld({
    config: { actions: given.actions ?? ['silence', 'patch'] },
    cluster: {
      daemonSet: async () => {
        cluster.gets += 1
        if (cluster.isAway) throw new KubernetesError('no answer')
        return cluster.daemonSet && { ...cluster.daemonSet }
      },
      pods: async () => {
        cluster.podLists += 1
        return cluster.pods
      },
      snapshot: async () => {
        throw new KubernetesError('the whole cluster is not read for this')
      },
      patchDaemonSet: async () => {
        cluster.patches += 1
        return cluster.daemonSet as DaemonSet
      },
    },
    alertmanager: {
      alertsUrl: () => 'http://alertmanager/#/alerts',
      poll: async () => ({
        alerts: [],
        silences: [],
        reachable: [],
        unreachable: [],
        absenceCounts: true,
      }),
    },
    slack: {
      publish: async ({ ts }, view) => {
        sent.push(view)
        return given.slack?.() ?? { ok: true, ts: ts ?? '9.9' }
      },
    },
  })
  await world.incident(observationAs('closed', [diagnosis()]))
  await patched(world)
  const row = await world.row()
  await world.bot.store.changeIncident(row.id, row.rev, {
    closed: world.bot.now().toISOString(),
  })
  const round = () => followClosed(world.bot, 0)
  /** Rounds once a minute. */
  const pass = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      world.pass(1)
      await round()
    }
  }
  const change = (part: Partial<DaemonSet> | undefined) => {
    cluster.daemonSet = part && ({ ...cluster.daemonSet, ...part } as DaemonSet)
  }
  const tolerations = (list: readonly Toleration[]) =>
    change({
      spec: { ...(cluster.daemonSet as DaemonSet).spec, template: { spec: { tolerations: list } } },
    })
  const canUndo = () => (sent.at(-1)?.undoable.length ?? 0) > 0
  const posts = () => world.posts.map(({ text }) => text)
  return { world, cluster, sent, round, pass, change, tolerations, canUndo, posts }
}

async function patched(world: QuietWorld, more: Partial<ChangeParameters> = {}): Promise<void> {
  const parameters: ChangeParameters = {
    kind: 'patch',
    namespace: 'datadog',
    name: 'agent',
    uid: 'uid-agent',
    before: { misscheduled: 2, desired: 26 },
    predicted: { numberMisscheduled: 0, desiredNumberScheduled: 28, podsRestarted: 28 },
    tolerations: { to: [gpu] },
    told: ['made', 'seen'],
    ...more,
  }
  const begun = await beginAction(world.bot, await world.row(), {
    intent: 'patch datadog/agent',
    who: 'U1',
    parameters,
  })
  if (!begun.ok) throw new Error(plain(begun.why))
  const made = madeChange(world.bot, { ...parameters, compared: world.bot.now().toISOString() })
  await world.bot.store.changeAction(begun.value.id, 'running', made)
}

const patchOf = async ({ bot }: QuietWorld) => {
  const [patch] = changeActions(await bot.store.actions('inc_1'), ['patch'])
  if (!patch) throw new Error('no patch')
  return patch
}
const submission = (actionId: string): Submission => ({
  button: 'undo',
  incidentId: 'inc_1',
  rev: 1,
  actionId,
  user: { id: 'U1', name: 'maya' },
  viewId: 'V1',
  values: {},
})
const undo = async (world: QuietWorld) => {
  const { action } = await patchOf(world)
  const outcome = await applyUndo(world.bot, await world.row(), submission(action.id))
  return plain(outcome.ok ? outcome.value.text : outcome.why)
}

describe('a patch whose incident has closed', () => {
  it('keeps its button while it stands, at least for 24 h, and reads one DaemonSet now and then', async () => {
    const { cluster, pass, change, canUndo, world } = await closedWorld()
    await pass(1)
    expect(canUndo()).toBe(true)
    change({ status: finished })
    await pass(24 * 60 - 2)
    expect(canUndo()).toBe(true)
    expect(cluster.gets).toBeLessThan(60)
    expect(cluster.podLists).toBe(0)
    await pass(3)
    expect(canUndo()).toBe(false)
    const { gets } = cluster
    await pass(120)
    expect(cluster.gets).toBe(gets)
    expect((await patchOf(world)).action).toMatchObject({ state: 'done', undo: null })
    expect(await undo(world)).toContain('can no longer be undone from here')
  })

  it('edits the message only if something has changed', async () => {
    const { sent, pass, change } = await closedWorld()
    change({ status: finished })
    await pass(30)
    const edits = sent.length
    await pass(120)
    expect(sent.length).toBe(edits)
  })

  it('is followed by every round, unless the bot is asked to stop', async () => {
    const { world, change, posts } = await closedWorld()
    change({ status: finished })
    world.pass(1)
    await reconcile(world.bot, AbortSignal.abort())
    expect(posts()).toEqual([])
    await reconcile(world.bot)
    expect(posts().at(-1)).toContain('28 of 28 pods restarted')
  })

  it('does not keep the incident open', async () => {
    const { world } = await closedWorld()
    expect(await isSettled(world.bot, 'inc_1')).toBe(true)
  })

  it('can be undone by who may press, and by nobody else; other buttons are over', async () => {
    const { world } = await closedWorld()
    const press = { userId: 'U1', incidentId: 'inc_1', button: 'undo' as const }
    expect(await authorize(world.bot, press, { evenIfClosed: true })).toMatchObject({ ok: true })
    expect(await authorize(world.bot, press)).toMatchObject({ ok: false })
    expect(
      await authorize(world.bot, { ...press, userId: 'U2' }, { evenIfClosed: true }),
    ).toMatchObject({ ok: false })
  })

  it('is undone: the result and the end of that rollout too are posted', async () => {
    const { world, cluster, change, tolerations, pass, posts, canUndo } = await closedWorld()
    await pass(1)
    expect(await undo(world)).toContain('Undid the patch of')
    expect(cluster.patches).toBe(1)
    tolerations([])
    change({ status: { ...restarting, observedGeneration: 2, numberMisscheduled: 2 } })
    await pass(1)
    expect(canUndo()).toBe(false)
    expect(posts()).toEqual([])
    await pass(1)
    expect(posts()).toEqual([
      '@U1 undid the patch of `datadog/agent`: misscheduled 0 → 2; 16 of 28 pods restarted so far.',
    ])
    change({ status: finished })
    await pass(5)
    expect(posts().slice(1)).toEqual(['`datadog/agent` after the undo: 28 of 28 pods restarted.'])
    const { gets } = cluster
    await pass(60)
    expect(cluster.gets).toBe(gets)
    // The next patch can be undone too.
    const undos = changeActions(await world.bot.store.actions('inc_1'), ['undo'])
    expect(undos.map(({ action }) => action.state)).toEqual(['done'])
  })

  it('is undone: the closing message says by whom, and how far that rollout is', async () => {
    const { world, change, tolerations, pass, sent } = await closedWorld()
    const lines = () => {
      const [view] = sent.slice(-1)
      return view ? stateLines(view).map(plain) : []
    }
    await pass(1)
    await undo(world)
    tolerations([])
    change({ status: restarting })
    await pass(1)
    expect(lines()).toEqual([
      '↩️ toleration added to `datadog/agent` by @U1, undone by @U1; rollout: 16 of 28 pods updated, 27 available',
    ])
    change({ status: finished })
    await pass(5)
    expect(lines()).toContain('↩️ toleration added to `datadog/agent` by @U1, undone by @U1')
    // A further patch is what stands now.
    await patched(world)
    await pass(1)
    expect(lines().join()).not.toContain('undone')
  })

  it('is not said to be undone if the undo failed', async () => {
    const { world, pass, sent } = await closedWorld()
    world.bot.cluster.patchDaemonSet = async () => {
      throw new KubernetesError('refused', 403)
    }
    await pass(1)
    await undo(world)
    await pass(1)
    expect(sent.at(-1)?.undone).toBeUndefined()
    expect(sent.at(-1)?.undoable).toHaveLength(1)
  })

  it('shows what the undo would do, also if the cluster cannot be read', async () => {
    const { world } = await closedWorld()
    const { action } = await patchOf(world)
    const text = JSON.stringify(await undoDialog(world.bot, await world.row(), action.id))
    expect(text).toContain('Restores the tolerations of')
    expect(text).toContain('could not be simulated')
  })
})

describe('the worst day of a patch', () => {
  it.each([
    ['set back by its owner', [], 'what they were before the patch'],
    ['changed by somebody else', [gpu, { key: 'x' }], 'has changed the tolerations'],
  ] as const)(
    '%s: the thread says so, the button goes, a press changes nothing',
    async (_, list, why) => {
      const { world, cluster, tolerations, pass, posts, canUndo } = await closedWorld()
      await pass(1)
      tolerations([...list])
      expect(await undo(world)).toContain(why)
      expect(cluster.patches).toBe(0)
      await pass(1)
      expect(posts().filter((text) => text.includes(why))).toHaveLength(1)
      expect(canUndo()).toBe(false)
      await pass(120)
      expect(posts().filter((text) => text.includes(why))).toHaveLength(1)
    },
  )

  it('set back without a press: noticed within the hour', async () => {
    const { change, tolerations, pass, posts, canUndo } = await closedWorld()
    change({ status: finished })
    await pass(600)
    tolerations([])
    await pass(60)
    expect(posts().at(-1)).toContain('what they were before the patch')
    expect(canUndo()).toBe(false)
  })

  it('its DaemonSet is deleted', async () => {
    const { world, cluster, change, pass, posts } = await closedWorld()
    change(undefined)
    expect(await undo(world)).toContain('was deleted, and the patch with it')
    await pass(1)
    expect(posts().at(-1)).toContain('was deleted, and the patch with it')
    expect(cluster.patches).toBe(0)
  })

  it('its DaemonSet is deleted and created again', async () => {
    const { world, cluster, change, pass, posts } = await closedWorld()
    change({ metadata: { name: 'agent', namespace: 'datadog', uid: 'another', generation: 1 } })
    expect(await undo(world)).toContain('was deleted and created again')
    await pass(1)
    expect(posts().at(-1)).toContain('was deleted and created again')
    expect(cluster.patches).toBe(0)
  })

  it('patches are no longer allowed: no button and no undo, but the rollout is still followed', async () => {
    const { world, cluster, change, pass, posts, canUndo } = await closedWorld({
      actions: ['silence'],
    })
    await pass(1)
    expect(canUndo()).toBe(false)
    expect(await undo(world)).toContain('no longer allowed')
    expect(cluster.patches).toBe(0)
    change({ status: finished })
    await pass(2)
    expect(posts().at(-1)).toContain('28 of 28 pods restarted')
  })

  it('the API server does not answer: nothing ends', async () => {
    const { cluster, pass, posts, canUndo } = await closedWorld()
    await pass(1)
    cluster.isAway = true
    await pass(60)
    expect(posts()).toEqual([])
    expect(canUndo()).toBe(true)
  })

  it('Slack does not answer when the time is over: the button goes once it does', async () => {
    let away = false
    const retry = { ok: false, kind: 'retry', error: 'timeout', detail: '' } as const
    const { world, change, pass, sent } = await closedWorld({
      slack: () => (away ? retry : undefined),
    })
    change({ status: finished })
    await pass(24 * 60 - 1)
    away = true
    await pass(30)
    expect((await patchOf(world)).action.undo).not.toBeNull()
    away = false
    const before = sent.length
    await pass(2)
    expect(sent.length).toBe(before + 1)
    expect(sent.at(-1)?.undoable).toEqual([])
    expect((await patchOf(world)).action.undo).toBeNull()
  })

  it('somebody has deleted the message: it is not posted again', async () => {
    const gone = { ok: false, kind: 'gone', error: 'message_not_found', detail: '' } as const
    const { world, sent, pass } = await closedWorld({ slack: () => gone })
    await pass(3)
    expect((await world.row()).ts).toBe('1.0')
    expect(sent.length).toBeLessThan(4)
  })

  it('an undo whose answer was lost is looked up', async () => {
    const { world, tolerations, pass, posts } = await closedWorld()
    await pass(1)
    const { parameters } = await patchOf(world)
    await beginAction(world.bot, await world.row(), {
      intent: 'undo datadog/agent',
      who: 'U1',
      parameters: {
        ...parameters,
        kind: 'undo',
        predicted: null,
        tolerations: { from: [gpu], to: undefined },
        told: [],
      },
    })
    tolerations([])
    await pass(3)
    expect(posts().join('\n')).toContain('@U1 undid the patch of `datadog/agent`: ')
    expect((await patchOf(world)).action).toMatchObject({ state: 'ended', undo: null })
  })

  it('another patch of the same DaemonSet in another incident: the first is over', async () => {
    const { tolerations, pass, canUndo, posts } = await closedWorld()
    await pass(1)
    tolerations([gpu, { key: 'later', operator: 'Exists' }])
    await pass(60)
    expect(canUndo()).toBe(false)
    expect(posts().at(-1)).toContain('has changed the tolerations')
  })
})

describe('the rollout of a patch', () => {
  it('is shown in the message while it goes on, and posted once when it is finished', async () => {
    const { sent, pass, change, posts } = await closedWorld()
    await pass(1)
    const message = incidentMessage(sent.at(-1) as IncidentView)
    expect(JSON.stringify(message.blocks)).toContain('rollout: 16 of 28 pods updated, 27 available')
    expect(posts()).toEqual([])
    change({ status: finished })
    await pass(30)
    expect(posts()).toEqual(['`datadog/agent`: 28 of 28 pods restarted.'])
    expect(JSON.stringify(incidentMessage(sent.at(-1) as IncidentView))).not.toContain('rollout')
  })

  it('is not judged by a status that is older than the patch', async () => {
    const { pass, change, posts } = await closedWorld()
    change({ status: { ...finished, observedGeneration: 1 } })
    await pass(4)
    expect(posts()).toEqual([])
    await pass(10)
    expect(posts()).toEqual([
      expect.stringContaining('The rollout of `datadog/agent` has not started'),
    ])
  })

  it('under OnDelete says that pods do not restart on their own', async () => {
    const { cluster, pass, change, posts } = await closedWorld()
    const { spec } = cluster.daemonSet as DaemonSet
    change({ spec: { ...spec, updateStrategy: { type: 'OnDelete' } } })
    await pass(2)
    expect(posts()).toEqual([
      '`datadog/agent`: 16 of 28 pods have the new tolerations, the others get them when they are deleted (update strategy OnDelete).',
    ])
  })

  const pod = (
    name: string,
    part: Partial<Pod['status']> & object,
    more: Partial<Pod> = {},
  ): Pod => ({
    metadata: {
      name,
      namespace: 'datadog',
      ownerReferences: [{ kind: 'DaemonSet', name: 'agent', uid: 'uid-agent', controller: true }],
    },
    spec: { nodeName: `node-of-${name}` },
    ...more,
    status: { phase: 'Running', ...part },
  })
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
  const crashing = pod('crash', {
    containerStatuses: [
      { name: 'main', restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ],
  })

  it('that is stuck names the pods, their nodes and why, loudly and once', async () => {
    const { world, cluster, pass, posts, sent } = await closedWorld()
    const another = pod('another', crashing.status ?? {}, {
      metadata: {
        name: 'another',
        namespace: 'datadog',
        ownerReferences: [{ kind: 'DaemonSet', name: 'twin', uid: 'uid-twin', controller: true }],
      },
    })
    cluster.pods = [pod('fine', ready), another, crashing]
    await pass(20)
    expect(world.posts).toEqual([
      {
        broadcast: true,
        text: expect.stringMatching(
          /^(S0123 )?The rollout of `datadog\/agent` is stuck: 16 of 28 pods updated, 27 available, no progress since .* UTC\. `crash` on `node-of-crash`: CrashLoopBackOff \(container `main`, 4 restarts\)\. Fix these pods, or undo the patch from the message\.$/,
        ),
      },
    ])
    expect(JSON.stringify(incidentMessage(sent.at(-1) as IncidentView))).toContain('rollout stuck')
    await pass(120)
    expect(posts()).toHaveLength(1)
    expect(cluster.podLists).toBeLessThan(10)
  })

  it('is not finished while an updated pod is not available', async () => {
    const { pass, change, posts } = await closedWorld()
    change({ status: { ...finished, numberAvailable: 27 } })
    await pass(4)
    expect(posts()).toEqual([])
  })

  it('that goes on after all is finished', async () => {
    const { cluster, pass, posts, change } = await closedWorld()
    cluster.pods = [crashing]
    await pass(20)
    change({ status: finished })
    await pass(20)
    expect(posts().at(-1)).toContain('28 of 28 pods restarted')
  })

  it('that makes progress is never stuck', async () => {
    const { cluster, pass, posts, change } = await closedWorld()
    cluster.pods = [crashing]
    for (let updated = 16; updated < 28; updated++) {
      change({ status: { ...restarting, updatedNumberScheduled: updated } })
      await pass(1)
    }
    expect(posts()).toEqual([])
  })

  it('with slow pods is stuck only after the time that they may take', async () => {
    const { cluster, pass, posts, change } = await closedWorld()
    const { spec } = cluster.daemonSet as DaemonSet
    const template = { spec: { tolerations: [gpu], terminationGracePeriodSeconds: 600 } }
    change({ spec: { ...spec, template } })
    cluster.pods = [
      pod('slow', { phase: 'Pending', containerStatuses: [] }),
      pod('old', ready, {
        metadata: {
          ...pod('old', {}).metadata,
          deletionTimestamp: '2026-11-24T03:12:00Z',
        },
      }),
    ]
    await pass(10)
    expect(posts()).toEqual([])
    await pass(20)
    expect(posts()[0]).toContain('`old` on `node-of-old`: Terminating, should have stopped')
    expect(posts()[0]).toContain('`slow` on `node-of-slow`: Pending')
  })

  it('with a pod that cannot be scheduled says what the scheduler says', async () => {
    const { cluster, pass, posts } = await closedWorld()
    const message = '0/3 nodes are available: 1 Insufficient memory.'
    cluster.pods = [
      pod(
        'waits',
        { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message }] },
        { spec: {} },
      ),
    ]
    await pass(10)
    expect(posts()[0]).toContain(
      '`waits`: Pending: 0/3 nodes are available: 1 Insufficient memory.',
    )
  })

  it('whose pods cannot be read says that', async () => {
    const { world, pass, posts } = await closedWorld()
    const { cluster } = world.bot
    Object.assign(cluster, {
      pods: async () => {
        throw new KubernetesError('403 Forbidden', 403)
      },
    })
    await pass(20)
    expect(posts()[0]).toContain('Its pods could not be read: 403 Forbidden.')
  })
})

describe('a second patch in the same incident', () => {
  it('is possible once the first has shown its result; the newest can be undone', async () => {
    const { world, tolerations, pass, sent } = await closedWorld()
    await pass(1)
    const both = [gpu, { key: 'late', operator: 'Exists' }]
    await patched(world, { tolerations: { from: [gpu], to: both } })
    const standing = standingPatches(await world.bot.store.actions('inc_1'))
    expect(standing.map(({ parameters }) => parameters.tolerations?.to)).toEqual([both])
    tolerations(both)
    await pass(60)
    expect(sent.at(-1)?.undoable).toHaveLength(1)
    const patches = changeActions(await world.bot.store.actions('inc_1'), ['patch'])
    expect(sent.at(-1)?.undoable[0]?.actionId).toBe(patches.at(-1)?.action.id)
  })
})

it('an action of an earlier version, which ended as done, cannot be undone', async () => {
  const { world, pass, canUndo } = await closedWorld()
  const { action, parameters } = await patchOf(world)
  const { rollout: _, ...old } = parameters
  await world.bot.store.changeAction(action.id, 'active', {
    state: 'done',
    parameters: JSON.stringify(old),
  })
  await pass(1)
  expect(canUndo()).toBe(false)
})
