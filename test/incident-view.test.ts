import { describe, expect, it, test } from 'vitest'
import type { AccessReview } from '../src/bot.ts'
import type { ChangeParameters, SilenceParameters } from '../src/incident/action-log.ts'
import { viewOf } from '../src/incident/message/view.ts'
import { isSilenceable, type Offered, offeredChanges } from '../src/incident/offered.ts'
import type { Observation } from '../src/incident/state.ts'
import type { ActionRow } from '../src/store/store.ts'
import { explain } from '../src/triage/explain.ts'
import type { Remedy } from '../src/triage/remedies/remedy.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, finding, observationAs, remedy } from './incident-world.ts'

const tolerate = (more: Partial<Remedy> = {}) =>
  remedy('tolerate', {
    change: { kind: 'tolerate', tolerations: [{ key: 'gpu', operator: 'Exists' }] },
    ...more,
  })
const remove = (more: Partial<Remedy> = {}) =>
  remedy('delete-pod', { change: { kind: 'delete-pods', pods: ['p1'] }, ...more })
const wait = remedy('wait', { recommended: true })

/** What an installation allows, and what the API server says to every access review. */
interface Allowed extends Omit<Offered, 'changes'> {
  readonly review: AccessReview
}

const all: Allowed = {
  actions: ['silence', 'patch', 'delete', 'recount'],
  nobodyMayPress: false,
  canSilence: true,
  review: { allowed: true },
}

function shown(
  remedies: readonly Remedy[],
  given: {
    observation?: Partial<Observation>
    actions?: readonly ActionRow[]
    allowed?: Partial<Allowed>
  } = {},
) {
  const observation = {
    ...observationAs('open', [
      diagnosis({ nodes: ['n1'], findings: [finding('T3', { remedies })] }),
    ]),
    ...given.observation,
  }
  const explanation = explain(observation.diagnoses)
  const { review, ...settings } = { ...all, ...given.allowed }
  const isReadable = !observation.unreadable && observation.state !== 'closed'
  const changes = isReadable ? offeredChanges(explanation, observation.diagnoses) : []
  const wanted = changes.filter(({ action }) => settings.actions.includes(action))
  return viewOf({
    incidentId: 'inc_1',
    rev: 1,
    cluster: 'prod',
    observation,
    explanation,
    actions: given.actions ?? [],
    offered: { ...settings, changes: wanted.map((change) => ({ ...change, review })) },
    links: [],
  })
}

function action(
  parameters: SilenceParameters | ChangeParameters,
  more: Partial<ActionRow> = {},
): ActionRow {
  return {
    id: 'act_1',
    incident: 'inc_1',
    intent: parameters.kind === 'silence' ? 'silence' : `${parameters.kind} datadog/agent`,
    parameters: JSON.stringify(parameters),
    who: 'U1',
    at: '2026-11-24T03:00:00.000Z',
    state: 'active',
    outcome: null,
    undo: null,
    deadline: '2026-11-24T03:01:00.000Z',
    ...more,
  }
}
const silence: SilenceParameters = {
  kind: 'silence',
  until: '2026-11-24T04:00:00.000Z',
  silences: [
    { id: 's1', namespace: 'datadog', name: 'agent', alertname: 'KubeDaemonSetMisScheduled' },
  ],
  comment: 'c',
  nodes: null,
  hardEnd: '2026-11-25T03:00:00.000Z',
}
const patch: ChangeParameters = {
  kind: 'patch',
  namespace: 'datadog',
  name: 'agent',
  uid: 'uid-agent',
  before: { misscheduled: 1, desired: 9 },
  predicted: null,
}

describe('the buttons', () => {
  test.each([
    ['a silence first if waiting is right', [wait, tolerate()], ['silence', 'patch']],
    [
      'what is recommended first',
      [tolerate({ recommended: true }), remove()],
      ['patch', 'silence', 'delete'],
    ],
    ['only a silence if nothing can be changed from here', [wait], ['silence']],
    [
      'what to copy last',
      [wait, tolerate({ snippet: 'tolerations: []' })],
      ['silence', 'patch', 'show-fix'],
    ],
  ] as const)('%s', (_, remedies, expected) => {
    expect(shown(remedies).buttons).toEqual(expected)
  })

  test.each([
    ['nothing while an action runs', { actions: [action(patch, { state: 'running' })] }, []],
    ['nothing once the incident is over', { observation: { state: 'closed' } }, []],
    ['no change once the count is 0', { observation: { state: 'fixed' } }, ['silence']],
    [
      'no change while the cluster is unreadable',
      { observation: { state: 'unreadable', unreadable: 'no answer' } },
      ['silence'],
    ],
    ['no second silence', { actions: [action(silence)] }, ['patch']],
    ['no second patch', { actions: [action(patch)] }, ['silence']],
    [
      'a silence again once the first has ended',
      { actions: [action(silence, { state: 'ended' })] },
      ['silence', 'patch'],
    ],
    ['only what ACTIONS names', { allowed: { actions: ['patch'] } }, ['patch']],
    [
      'only what the bot has the right to do',
      { allowed: { review: { allowed: false } } },
      ['silence'],
    ],
    ['no silence without an Alertmanager', { allowed: { canSilence: false } }, ['patch']],
  ] as const)('%s', (_, given, expected) => {
    const { observation, ...others } = { observation: {}, ...given }
    // What fires does not change with the cluster.
    expect(shown([wait, tolerate()], { observation, ...others }).buttons).toEqual(expected)
  })

  it('do not offer a silence if nothing fires', () => {
    const observation = observationAs('cleared', [diagnosis({ nodes: ['n1'] })])
    expect(isSilenceable(all, observation, [])).toBe(false)
  })
})

describe('a missing button', () => {
  const missing = (allowed: Partial<Allowed>) =>
    shown([wait, tolerate()], { allowed }).missing.map(plain)

  it('is explained once, by the first obstacle', () => {
    expect(missing({})).toEqual([])
    expect(missing({ actions: [] })).toEqual([expect.stringContaining('Read-only')])
    expect(missing({ nobodyMayPress: true })).toEqual([expect.stringContaining('Nobody may press')])
    expect(missing({ canSilence: false })).toEqual([expect.stringContaining('No silence button')])
    expect(missing({ review: { allowed: false, reason: 'no right to patch' } })).toEqual([
      'No patch button: no right to patch',
    ])
  })
})

describe('an action', () => {
  it('shows an active silence with its end', () => {
    expect(shown([wait], { actions: [action({ ...silence, nodes: ['n1'] })] }).silences).toEqual([
      { actionId: 'act_1', until: silence.until, who: 'U1', untilNodesGone: true },
    ])
    expect(shown([wait], { actions: [action(silence, { state: 'ended' })] }).silences).toEqual([])
  })

  describe('that silences some of several DaemonSets', () => {
    const three = observationAs(
      'open',
      ['agent', 'proxy', 'store'].map((name) => diagnosis({ name, nodes: ['n1'] })),
    )
    const of = (...names: readonly string[]): SilenceParameters => ({
      ...silence,
      silences: names.map((name) => ({
        id: name,
        namespace: 'datadog',
        name,
        alertname: 'KubeDaemonSetMisScheduled',
      })),
    })
    const view = (...silenced: readonly SilenceParameters[]) => {
      const {
        silences,
        silenced: part,
        buttons,
      } = shown([wait], {
        observation: three,
        actions: silenced.map((one, index) => action(one, { id: `act_${index}` })),
      })
      return { covers: silences.map(({ covers }) => covers), part, buttons }
    }

    it('counts what it covers, names the rest and offers to cover it', () => {
      expect(view(of('agent'))).toEqual({
        covers: [['datadog/agent']],
        part: { of: 3, uncovered: ['datadog/proxy', 'datadog/store'] },
        buttons: ['silence'],
      })
    })

    it('is whole if several silences together cover all', () => {
      expect(view(of('agent'), of('proxy', 'store'))).toEqual({
        covers: [['datadog/agent'], ['datadog/proxy', 'datadog/store']],
        part: { of: 3, uncovered: [] },
        buttons: [],
      })
      expect(view(of('agent', 'proxy', 'store')).covers).toEqual([undefined])
    })

    it('counts only DaemonSets whose alert fires', () => {
      const alerts = three.alerts.map((one) => ({ ...one, firing: one.name !== 'store' }))
      const { silenced, buttons } = shown([wait], {
        observation: { ...three, alerts },
        actions: [action(of('agent', 'proxy'))],
      })
      expect(silenced).toEqual({ of: 2, uncovered: [] })
      expect(buttons).toEqual([])
    })

    it('is none if it covers only what no longer fires', () => {
      const alerts = three.alerts.map((one) => ({ ...one, firing: one.name === 'store' }))
      const view = shown([wait], {
        observation: { ...three, alerts },
        actions: [action(of('agent'))],
      })
      expect([view.silenced, view.buttons]).toEqual([undefined, ['silence']])
    })

    it('is none for another alert on the same DaemonSet', () => {
      const stuck = of('agent').silences.map((one) => ({
        ...one,
        alertname: 'KubeDaemonSetRolloutStuck',
      }))
      expect(view({ ...silence, silences: stuck }).part).toBeUndefined()
    })

    it('offers nothing while another silence is being created', () => {
      const running = action(of('proxy'), { id: 'act_2', state: 'running' })
      const actions = [action(of('agent')), running]
      expect(isSilenceable(all, three, actions)).toBe(false)
    })
  })

  it('shows a patch that can be undone, also after the incident is over', () => {
    const done = [action(patch, { undo: '{}' })]
    expect(shown([wait], { actions: done }).undoable.map(({ what }) => plain(what))).toEqual([
      'toleration added to `datadog/agent`',
    ])
    expect(
      shown([wait], { actions: done, observation: { state: 'closed' } }).undoable,
    ).toHaveLength(1)
    expect(shown([wait], { actions: [action(patch)] }).undoable).toEqual([])
  })
})

describe('the extra lines', () => {
  const relatedAlerts = [{ alertname: 'KubeNodeNotReady', subject: 'n1' }]
  const history = { until: '', daemonSet: 'datadog/agent', count: 1, counts: [0, 1] }

  it('show related alerts and the history of the count', () => {
    const view = shown([wait], { observation: { relatedAlerts, history } })
    expect(plain(view.relatedAlerts ?? [])).toBe('Also firing: `KubeNodeNotReady` for `n1`')
    expect(plain(view.history ?? [])).toBe('▁▇ count over the last 30 min (status): 0 to 1')
  })

  it('are missing if nothing is known; related alerts are missing once it is over', () => {
    const bare = shown([wait])
    expect('relatedAlerts' in bare || 'history' in bare).toBe(false)
    expect(
      'relatedAlerts' in shown([wait], { observation: { relatedAlerts, state: 'closed' } }),
    ).toBe(false)
  })
})

it('the same input gives the same view', () => {
  expect(JSON.stringify(shown([wait, tolerate()]))).toBe(JSON.stringify(shown([wait, tolerate()])))
})
