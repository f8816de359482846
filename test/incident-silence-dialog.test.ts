import { describe, expect, it } from 'vitest'
import { AlertmanagerError, type SilenceRequest } from '../src/alertmanager/client.ts'
import { applyEndSilence } from '../src/incident/actions/end-silence.ts'
import { applySilence, silenceDialog } from '../src/incident/actions/silence-dialog.ts'
import { observationOf } from '../src/incident/stored-observation.ts'
import { readMetadata } from '../src/slack/interactions.ts'
import { isDone } from '../src/slack/modals.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, observationAs, type QuietWorld, quietWorld } from './incident-world.ts'

/** An incident of these DaemonSets, and an Alertmanager that records what it is asked to create. */
async function silenceable(names: readonly string[], cluster?: string) {
  const requests: SilenceRequest[] = []
  const ended: string[] = []
  let error: Error | undefined
  const world = await quietWorld({
    alertmanager: {
      alertsUrl: () => '',
      matching: async () => [],
      expireSilence: async (id) => {
        ended.push(id)
      },
      createSilence: async (request) => {
        if (error) throw error
        requests.push(request)
        return { ...request, id: `s${requests.length}`, startsAt: '', existed: false }
      },
    },
    slack: { publish: async () => ({ ok: true, ts: '1.0' }) },
  })
  const observe = (all: readonly string[]) => {
    const seen = observationAs(
      'open',
      all.map((name) => diagnosis({ name, nodes: ['n1'] })),
    )
    const alerts = seen.alerts.map((alert) => ({
      ...alert,
      labels: { ...alert.labels, pod: 'kube-state-metrics-1', ...(cluster ? { cluster } : {}) },
    }))
    return { ...seen, alerts }
  }
  await world.incident(observe(names))
  return {
    ...world,
    requests,
    fails: (status?: number) => {
      error = new AlertmanagerError('so it is', status)
    },
    join: async (all: readonly string[]) => {
      const { id, rev } = await world.row()
      const observation = JSON.stringify(observe(all))
      await world.bot.store.changeIncident(id, rev, { observation })
    },
    /** What has been ended in Alertmanager after this press. */
    end: async (actionId: string) => {
      const press = { button: 'end-silence', incidentId: 'inc_1', rev: 1, viewId: 'V1' } as const
      const user = { id: 'U1', name: 'maya' }
      await applyEndSilence(world.bot, await world.row(), { ...press, actionId, user, values: {} })
      return [...ended]
    },
    silence: (duration: string, reason = '') => silence(world, duration, reason),
    actions: () => world.bot.store.actions('inc_1'),
  }
}

/** Opens the dialog and submits it. */
async function silence({ bot, row }: QuietWorld, duration: string, reason: string) {
  const current = await row()
  const observation = observationOf(current)
  if (!observation) throw new Error('nothing was observed')
  const dialog = await silenceDialog(bot, current, observation)
  if (!dialog.ok) return plain(dialog.why)
  const shown = readMetadata(dialog.value.private_metadata)
  if (!shown) throw new Error('the dialog cannot be submitted')
  const user = { id: 'U1', name: 'maya' }
  const values = { duration, reason }
  const outcome = await applySilence(bot, current, observation, {
    ...shown,
    user,
    viewId: 'V1',
    values,
  })
  if (!outcome.ok) return plain(outcome.why)
  return isDone(outcome.value) ? plain(outcome.value.text) : JSON.stringify(outcome.value.blocks)
}

describe('a silence', () => {
  it.each([
    ['1h', '2026-11-24T04:00:00.000Z'],
    ['4h', '2026-11-24T07:00:00.000Z'],
    ['24h', '2026-11-25T03:00:00.000Z'],
    // Extended from hour to hour while these nodes are misscheduled.
    ['nodes', '2026-11-24T04:00:00.000Z'],
  ])('for %s ends at %s', async (duration, endsAt) => {
    const { silence, requests, actions } = await silenceable(['agent'])
    expect(await silence(duration)).toContain('Silenced ')
    expect(requests.map((request) => request.endsAt)).toEqual([endsAt])
    const [action] = await actions()
    const { nodes, hardEnd } = JSON.parse(action?.parameters ?? '{}')
    expect(nodes).toEqual(duration === 'nodes' ? ['n1'] : null)
    expect(hardEnd).toBe('2026-11-25T03:00:00.000Z')
  })

  it('matches exactly the alerts of the incident, and says who created it and why', async () => {
    const { silence, requests } = await silenceable(['agent', 'proxy'], 'prod')
    await silence('1h', ' a slow drain ')
    const matchers = (daemonset: string) => ({
      alertname: 'KubeDaemonSetMisScheduled',
      cluster: 'prod',
      daemonset,
      namespace: 'datadog',
    })
    expect(requests.map((request) => request.matchers)).toEqual([
      matchers('agent'),
      matchers('proxy'),
    ])
    expect(requests[0]?.createdBy).toBe('maya (Slack U1)')
    expect(requests[0]?.comment).toMatch(/^a slow drain \[daemonset-triage inc_1 act_\w+\]$/)
  })

  it('covers the rest only, if the incident is silenced in part', async () => {
    const { silence, requests, join } = await silenceable(['agent'])
    await silence('1h')
    await join(['agent', 'proxy'])
    expect(await silence('4h')).toContain('Silenced until')
    expect(requests.map(({ matchers: { daemonset } }) => daemonset)).toEqual(['agent', 'proxy'])
    expect(await silence('4h')).toContain('Already silenced by')
    expect(requests).toHaveLength(2)
  })

  it('is ended by its own button, and the others go on', async () => {
    const { silence, join, end, actions } = await silenceable(['agent'])
    await silence('1h')
    await join(['agent', 'proxy'])
    await silence('4h')
    const second = (await actions()).find(({ intent }) => intent === 'silence the rest')
    expect(await end(second?.id ?? '')).toEqual(['s2'])
    expect((await actions()).map(({ intent, state }) => `${intent}: ${state}`).sort()).toEqual([
      'silence the rest: ended',
      'silence: active',
    ])
    expect(await end('act_of_another_incident')).toEqual(['s2'])
    expect(await end('all')).toEqual(['s2', 's1'])
  })

  it.each([undefined, 502])('whose request is answered with %s may exist', async (status) => {
    const { silence, actions, fails } = await silenceable(['agent'])
    fails(status)
    expect(await silence('1h')).toContain('It is unknown whether the alert is silenced')
    expect(await actions()).toMatchObject([
      { state: 'running', deadline: '2026-11-24T03:00:15.000Z' },
    ])
  })

  it('that Alertmanager refuses is said to be refused, and can be tried again', async () => {
    const { silence, actions, fails } = await silenceable(['agent'])
    fails(400)
    expect(await silence('1h')).toContain('Nothing is silenced')
    expect(await silence('1h')).toContain('Nothing is silenced')
    expect((await actions()).map(({ state }) => state)).toEqual(['failed', 'failed'])
  })
})
