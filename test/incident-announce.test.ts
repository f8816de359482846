import { describe, expect, it, test } from 'vitest'
import { announcements, postedAfter } from '../src/incident/message/announce.ts'
import type { Observation, Posted } from '../src/incident/state.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, finding, nodesTo, seenAs } from './incident-world.ts'

const of = (
  state: Observation['state'],
  nodes: number,
  ids: readonly Finding['id'][] = ['T4'],
): Observation =>
  seenAs(state, [diagnosis({ nodes: nodesTo(nodes), findings: ids.map((id) => finding(id)) })], {
    ...(state === 'unreadable' ? { unreadable: 'no answer' } : {}),
  })
const posted = (
  state: Posted['state'],
  nodes: number,
  causes: readonly string[] = ['T4'],
): Posted => ({
  state,
  nodes,
  causes,
})
const turns = (before: Posted | undefined, now: Observation) =>
  announcements(before, now).map(({ words, broadcast }) => [
    plain(words),
    broadcast ? 'aloud' : 'quietly',
  ])

describe('what the thread is told', () => {
  test.each([
    ['nothing where nothing has changed', posted('open', 3), of('open', 3), []],
    ['nothing where it shrinks', posted('open', 3), of('open', 1), []],
    [
      'the end',
      posted('open', 3),
      of('closed', 0),
      [['Over: no node is misscheduled and the alert is gone.', 'quietly']],
    ],
    [
      'what is fixed',
      posted('open', 3),
      of('fixed', 0),
      [['No node is misscheduled. The alert should resolve shortly.', 'quietly']],
    ],
    [
      'what only Alertmanager believes',
      posted('open', 1),
      of('cleared', 1),
      [['Alertmanager cleared the alert, but 1 node is still misscheduled.', 'quietly']],
    ],
    [
      'that nothing can be read',
      posted('open', 1),
      of('unreadable', 1),
      [
        [
          'The cluster could not be read: no answer. Nothing closes until it can be read.',
          'quietly',
        ],
      ],
    ],
    ['nothing when it can be read again', posted('unreadable', 1), of('open', 1), []],
    ['nothing when the alert is back', posted('cleared', 1), of('open', 1), []],
    [
      'that it is open again',
      posted('closed', 3),
      of('open', 2),
      [['Open again: 2 nodes are misscheduled.', 'aloud']],
    ],
    [
      'that it is open again, also where the cluster cannot be read',
      posted('closed', 3),
      of('unreadable', 0),
      [
        [
          'Open again, but the cluster could not be read: no answer. Nothing closes until it can be read.',
          'aloud',
        ],
      ],
    ],
    [
      'that a fix did not last',
      posted('fixed', 3),
      of('open', 1),
      [['Back: 1 node is misscheduled again.', 'aloud']],
    ],
    [
      'a further cause',
      posted('open', 1),
      of('open', 1, ['T4', 'T1']),
      [['New cause: summary of T1', 'aloud']],
    ],
    [
      'a cause once, however many DaemonSets have it',
      posted('open', 1),
      seenAs('open', [
        diagnosis({ nodes: ['n1'], findings: [finding('T1')] }),
        diagnosis({ name: 'b', nodes: ['n1'], findings: [finding('T1')] }),
      ]),
      [['New cause: summary of T1', 'aloud']],
    ],
    [
      'quietly that only the number is off',
      posted('open', 1),
      of('open', 1, ['T4', 'S6']),
      [['New cause: summary of S6', 'quietly']],
    ],
    [
      'the cause that it waited for, quietly',
      posted('unreadable', 0, []),
      of('open', 1),
      [['New cause: summary of T4', 'quietly']],
    ],
    [
      'no cause of what is over',
      posted('open', 1),
      of('fixed', 0, ['S4']),
      [['No node is misscheduled. The alert should resolve shortly.', 'quietly']],
    ],
    [
      'of twice the nodes',
      posted('open', 1),
      of('open', 2),
      [['Growing: 2 nodes now, 1 before. `n1` and `n2`', 'aloud']],
    ],
    [
      'of its nodes once where it opens again with more',
      posted('closed', 1),
      of('open', 4),
      [['Open again: 4 nodes are misscheduled.', 'aloud']],
    ],
    ['not of less than twice the nodes', posted('open', 3), of('open', 5), []],
    ['of no growth while nothing was known', posted('unreadable', 0), of('open', 4), []],
  ] as const)('%s', (_, before, now, expected) => {
    expect(turns(before, now)).toEqual(expected)
  })

  it('the evidence first, and nothing while there is none', () => {
    const [[evidence, how] = []] = turns(
      undefined,
      seenAs('open', [
        diagnosis({ nodes: ['n1'], findings: [finding('T4', { evidence: [['a fact']] })] }),
      ]),
    )
    expect(evidence).toContain('a fact')
    expect(how).toBe('quietly')
    expect(turns(undefined, seenAs('unreadable', []))).toEqual([])
  })
})

describe('what it knows afterwards', () => {
  it('starts again from the nodes that were posted last when it opens again', () => {
    expect(postedAfter(posted('closed', 10), of('open', 1)).nodes).toBe(1)
    expect(postedAfter(posted('fixed', 10), of('open', 1)).nodes).toBe(1)
    expect(postedAfter(posted('cleared', 10), of('open', 1)).nodes).toBe(10)
  })

  it('is every cause that it ever heard of', () => {
    expect(postedAfter(posted('open', 1, ['T4']), of('open', 1, ['T1'])).causes).toEqual([
      'T1',
      'T4',
    ])
  })

  it('slow growth is posted too, once it has doubled', () => {
    let known = postedAfter(undefined, of('open', 2))
    const heard: number[] = []
    for (const nodes of [3, 3, 4, 5, 7, 8]) {
      if (announcements(known, of('open', nodes)).length > 0) heard.push(nodes)
      known = postedAfter(known, of('open', nodes))
    }
    expect(heard).toEqual([4, 8])
  })
})
