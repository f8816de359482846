import { describe, expect, it } from 'vitest'
import type { ChangeParameters } from '../src/incident/action-log.ts'
import { endingView } from '../src/incident/message/ending-view.ts'
import type { Observation, Story } from '../src/incident/state.ts'
import { storyAfter } from '../src/incident/story.ts'
import type { ActionRow } from '../src/store/store.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { plain, words } from '../src/words/words.ts'
import { diagnosis, finding, observationAs, remedy } from './incident-world.ts'

const tainted = (...nodes: string[]): Diagnosis =>
  diagnosis({ nodes, findings: [finding('T3', { key: 'gpu', nodes, pods: ['p'] })] })
const healthy = diagnosis()
const gone = () => ({ by: words`the nodes are gone` })

/** The stories after these observations, one after the other. */
function stories(...all: readonly Observation[]): readonly (Story | undefined)[] {
  let last: Observation | undefined
  return all.map((observation) => {
    const story = storyAfter(observation, last, gone)
    last = { ...observation, ...(story && { story }) }
    return story
  })
}

const told = (story: Story | undefined) => story && plain(story.past)

describe('the story of an incident', () => {
  it('is that of the most nodes with its cause', () => {
    const [one, more, fewer] = stories(
      observationAs('open', [tainted('a')]),
      observationAs('open', [tainted('a', 'b', 'c')]),
      observationAs('open', [tainted('b')]),
    )
    expect([one, more, fewer].map(told)).toEqual([
      'node `a` was tainted `gpu`',
      '3 nodes were tainted `gpu`',
      '3 nodes were tainted `gpu`',
    ])
  })

  it('is that of the newest cause', () => {
    const notReady = finding('T1', { key: 'node.kubernetes.io/not-ready', nodes: ['a'] })
    const [, last] = stories(
      observationAs('open', [tainted('a', 'b')]),
      observationAs('open', [diagnosis({ nodes: ['a'], findings: [notReady] })]),
    )
    expect(told(last)).toBe('node `a` was NotReady')
  })

  it('says what ended it from when it ended, and keeps that', () => {
    const [open, unreadable, fixed, closed] = stories(
      observationAs('open', [tainted('a')]),
      observationAs('unreadable', [tainted('a')]),
      observationAs('fixed', [healthy]),
      observationAs('closed', [healthy]),
    )
    expect(open?.ended).toBeUndefined()
    expect(unreadable?.ended).toBeUndefined()
    expect(plain(fixed?.ended?.by ?? [])).toBe('the nodes are gone')
    expect(closed).toEqual(fixed)
  })

  it('forgets an end after which it goes on', () => {
    const [, , again] = stories(
      observationAs('open', [tainted('a')]),
      observationAs('fixed', [healthy]),
      observationAs('open', [tainted('a')]),
    )
    expect(again?.ended).toBeUndefined()
  })

  it('there is none if nothing was ever misscheduled', () => {
    expect(stories(observationAs('fixed', [healthy]))).toEqual([undefined])
  })

  it('names the lasting fix that is recommended, and where it goes', () => {
    const lasting = remedy('tolerate', {
      horizon: 'for-good',
      recommended: true,
      title: words`Tolerate gpu`,
      snippet: 'tolerations: []',
    })
    const owned = {
      ...diagnosis({ nodes: ['a'], findings: [finding('T3', { remedies: [lasting] })] }),
      owner: { kind: 'Helm', chain: [], onPatch: 'reverts', revert: '', fix: 'In the values.' },
    } as const
    const [story] = stories(observationAs('open', [owned]))
    expect(plain(story?.todo ?? [])).toBe('Tolerate gpu. In the values.')
    expect(plain(story?.todoAfterPatch ?? [])).toBe('In the values.')
    expect(story?.fixes.map(({ snippet }) => snippet)).toEqual(['tolerations: []'])
  })
})

describe('how it ended', () => {
  const story: Story = {
    cause: 'T3',
    nodes: 1,
    past: words`node a was tainted`,
    daemonSets: ['datadog/agent'],
    todo: words`Tolerate gpu. In the values.`,
    todoAfterPatch: words`In the values.`,
    fixes: [],
    ended: { by: words`its pod is gone` },
  }
  const change = (
    kind: ChangeParameters['kind'],
    after: number,
    name = 'agent',
    state: ActionRow['state'] = 'done',
  ): ActionRow => ({
    id: `act_${kind}`,
    incident: 'inc_1',
    intent: `${kind} datadog/${name}`,
    parameters: JSON.stringify({
      ...{ kind, namespace: 'datadog', name, uid: 'u' },
      before: { misscheduled: 1, desired: 9 },
      predicted: { numberMisscheduled: after, desiredNumberScheduled: 10, podsRestarted: 10 },
      pods: [{ name: 'p', uid: 'q' }],
    } satisfies ChangeParameters),
    who: 'U1',
    at: '2026-11-24T03:00:00Z',
    state,
    outcome: null,
    undo: kind === 'patch' ? '{}' : null,
    deadline: '2026-11-24T03:01:00Z',
  })
  const ending = (actions: readonly ActionRow[], more: Partial<Story> = {}) => {
    const { by, todo } = endingView({ ...story, ...more }, actions)
    return [plain(by ?? []), plain(todo ?? [])]
  }

  it('by what the cluster shows, if nobody acted', () => {
    expect(ending([])).toEqual(['its pod is gone', 'Tolerate gpu. In the values.'])
  })

  it.each([
    ['patch', 'active', '@U1 added the toleration', 'In the values.'],
    ['delete', 'done', '@U1 deleted the pod', 'Tolerate gpu. In the values.'],
    ['recount', 'done', '@U1 triggered a recount', 'Tolerate gpu. In the values.'],
  ] as const)('by who pressed %s', (kind, state, by, todo) => {
    expect(ending([change(kind, 0, 'agent', state)])).toEqual([by, todo])
  })

  it('not by a change that could not end it, failed, or was for one of several DaemonSets', () => {
    expect(ending([change('delete', 1)])[0]).toBe('its pod is gone')
    expect(ending([change('delete', 0, 'agent', 'failed')])[0]).toBe('its pod is gone')
    const both = { daemonSets: ['datadog/agent', 'datadog/other'] }
    expect(ending([change('delete', 0)], both)[0]).toBe('its pod is gone')
  })

  it('with nothing left to do after the template was changed, or a patch that lasts', () => {
    const isTemplate = { ended: { by: words`helm`, isTemplate: true as const } }
    expect(ending([], isTemplate)[1]).toBe('')
    const { todoAfterPatch: _, ...lasting } = story
    expect(endingView(lasting, [change('patch', 0, 'agent', 'active')]).todo).toBeUndefined()
  })
})
