import { describe, expect, it, test } from 'vitest'
import { announcements, postedAfter } from '../src/incident/message/news.ts'
import type { Observation, Posted } from '../src/incident/state.ts'
import type { Finding } from '../src/triage/findings/finding.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, finding, nodesTo, observationAs } from './incident-world.ts'

const of = (
  state: Observation['state'],
  nodes: number,
  ids: readonly Finding['id'][] = ['T4'],
): Observation =>
  observationAs(
    state,
    [diagnosis({ nodes: nodesTo(nodes), findings: ids.map((id) => finding(id)) })],
    {
      ...(state === 'unreadable' ? { unreadable: 'no answer' } : {}),
    },
  )
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
    broadcast ? 'broadcast' : 'quietly',
  ])

describe('the thread shows', () => {
  it('the evidence in as many posts as it takes, and names what is left out after five', () => {
    const shown = (count: number) => {
      const diagnoses = Array.from({ length: count }, (_, index) =>
        diagnosis({
          name: `agent-${index}`,
          nodes: ['n1'],
          findings: [finding('T4', { evidence: [[`${index} ${'x'.repeat(700)}`]] })],
        }),
      )
      return announcements(undefined, observationAs('open', diagnoses)).map(({ words }) =>
        plain(words),
      )
    }
    expect([shown(2).length, shown(7).length, shown(30).length]).toEqual([1, 3, 6])
    for (const posts of [shown(7), shown(30)])
      for (const post of posts) expect(post.length).toBeLessThan(3000)
    for (let index = 0; index < 7; index++) expect(shown(7).join()).toContain(`agent-${index}\``)
    expect(shown(30).at(-1)).toMatch(/^The evidence for .*agent-29` is left out\.$/)
  })

  test.each([
    ['nothing if nothing changed', posted('open', 3), of('open', 3), []],
    ['nothing if the incident shrinks', posted('open', 3), of('open', 1), []],
    ['the end of the incident', posted('open', 3), of('closed', 0), [['Over.', 'quietly']]],
    ['nothing when the count is 0: the message shows it', posted('open', 3), of('fixed', 0), []],
    [
      'that only Alertmanager resolved the alert',
      posted('open', 1),
      of('cleared', 1),
      [['Alertmanager resolved the alert, but 1 node is still misscheduled.', 'quietly']],
    ],
    [
      'that the cluster cannot be read',
      posted('open', 1),
      of('unreadable', 1),
      [
        [
          'The cluster could not be read: no answer. Nothing closes until it can be read.',
          'quietly',
        ],
      ],
    ],
    ['nothing when the cluster can be read again', posted('unreadable', 1), of('open', 1), []],
    ['nothing when the alert fires again', posted('cleared', 1), of('open', 1), []],
    [
      'that the incident is open again',
      posted('closed', 3),
      of('open', 2),
      [['Open again: 2 nodes are misscheduled.', 'broadcast']],
    ],
    [
      'that the incident is open again, even if the cluster cannot be read',
      posted('closed', 3),
      of('unreadable', 0),
      [
        [
          'Open again, but the cluster could not be read: no answer. Nothing closes until it can be read.',
          'broadcast',
        ],
      ],
    ],
    [
      'that a fix did not last',
      posted('fixed', 3),
      of('open', 1),
      [['Back: 1 node is misscheduled again.', 'broadcast']],
    ],
    [
      'a further cause',
      posted('open', 1),
      of('open', 1, ['T4', 'T1']),
      [['New cause: summary of T1', 'broadcast']],
    ],
    [
      'a cause once, however many DaemonSets have it',
      posted('open', 1),
      observationAs('open', [
        diagnosis({ nodes: ['n1'], findings: [finding('T1')] }),
        diagnosis({ name: 'b', nodes: ['n1'], findings: [finding('T1')] }),
      ]),
      [['New cause: summary of T1', 'broadcast']],
    ],
    [
      'nothing of a number that is off in one reading: the controller lags behind a drain',
      posted('open', 1),
      of('open', 1, ['T4', 'S6']),
      [],
    ],
    [
      'quietly that only the number is off, once a later reading shows it too',
      { ...posted('open', 1), unconfirmed: { S6: '2026-11-24T02:59:30Z' } },
      of('open', 1, ['T4', 'S6']),
      [['New cause: summary of S6', 'quietly']],
    ],
    [
      'nothing of a number that a reading just before showed too',
      { ...posted('open', 1), unconfirmed: { S6: '2026-11-24T02:59:50Z' } },
      of('open', 1, ['T4', 'S6']),
      [],
    ],
    [
      'the cause that it waited for, quietly',
      posted('unreadable', 0, []),
      of('open', 1),
      [['New cause: summary of T4', 'quietly']],
    ],
    ['no cause of what is over', posted('open', 1), of('fixed', 0, ['S4']), []],
    [
      'of twice the nodes',
      posted('open', 1),
      of('open', 2),
      [['Growing: 2 nodes now, 1 before. `n1` and `n2`', 'broadcast']],
    ],
    [
      'of its nodes once where it opens again with more',
      posted('closed', 1),
      of('open', 4),
      [['Open again: 4 nodes are misscheduled.', 'broadcast']],
    ],
    [
      'growth below twice the nodes, quietly',
      { ...posted('open', 3), shown: ['n1', 'n2', 'n3'] },
      of('open', 4),
      [['Growing: 4 nodes now, 3 before. New: `n4`', 'quietly']],
    ],
    ['no growth where nodes come back', { ...posted('open', 3), most: 5 }, of('open', 5), []],
    ['no growth if the number of nodes was unknown', posted('unreadable', 0), of('open', 4), []],
  ] as const)('%s', (_, before, now, expected) => {
    expect(turns(before, now)).toEqual(expected)
  })

  it('how long the incident took, and that its silences ended with it', () => {
    const closed = { ...of('closed', 0), closed: '2026-11-24T03:02:10.000Z' }
    const over = (endedSilences: number) =>
      announcements(posted('open', 3), closed, { endedSilences }).map(({ words }) => plain(words))
    expect(over(0)).toEqual(['Over after 2 min.'])
    expect(over(1)).toEqual(['Over after 2 min; silence ended.'])
    expect(over(2)).toEqual(['Over after 2 min; 2 silences ended.'])
  })

  it('the evidence first, and nothing without a diagnosis', () => {
    const [[evidence, how] = []] = turns(
      undefined,
      observationAs('open', [
        diagnosis({ nodes: ['n1'], findings: [finding('T4', { evidence: [['a fact']] })] }),
      ]),
    )
    expect(evidence).toContain('a fact')
    expect(how).toBe('quietly')
    expect(turns(undefined, observationAs('unreadable', []))).toEqual([])
  })
})

describe('what counts as posted', () => {
  it('starts again with the current nodes when the incident reopens', () => {
    expect(postedAfter(posted('closed', 10), of('open', 1)).nodes).toBe(1)
    expect(postedAfter(posted('fixed', 10), of('open', 1)).nodes).toBe(1)
    expect(postedAfter(posted('cleared', 10), of('open', 1)).nodes).toBe(10)
  })

  it('keeps every cause that was ever posted', () => {
    expect(postedAfter(posted('open', 1, ['T4']), of('open', 1, ['T1'])).causes).toEqual([
      'T1',
      'T4',
    ])
  })

  it('measures slow growth from the last broadcast, so it is heard once it doubles', () => {
    let known = postedAfter(undefined, of('open', 2))
    const heard: number[] = []
    for (const nodes of [3, 3, 4, 5, 7, 8]) {
      if (announcements(known, of('open', nodes)).some(({ broadcast }) => broadcast))
        heard.push(nodes)
      known = postedAfter(known, of('open', nodes))
    }
    expect(heard).toEqual([4, 8])
  })

  it('remembers a cause of the status from the first reading to the next, and no longer', () => {
    const first = postedAfter(posted('open', 1), of('open', 1, ['T4', 'S6']))
    expect(first).toMatchObject({ causes: ['T4'], unconfirmed: { S6: '2026-11-24T03:00:00Z' } })
    expect(postedAfter(first, of('open', 1, ['T4', 'S6'])).unconfirmed).toEqual(first.unconfirmed)
    expect(postedAfter(first, of('open', 1)).unconfirmed).toBeUndefined()
    const older = { ...first, unconfirmed: { S6: '2026-11-24T02:59:00Z' } }
    expect(postedAfter(older, of('open', 1, ['T4', 'S6']))).toMatchObject({ causes: ['S6', 'T4'] })
  })
})
