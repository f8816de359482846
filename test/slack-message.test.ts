import type { KnownBlock } from '@slack/web-api'
import { describe, expect, it } from 'vitest'
import { problems } from '../simulator/slack/check-payload.ts'
import type { IncidentView } from '../src/slack/incident-view.ts'
import { readButtonValue } from '../src/slack/interactions.ts'
import { incidentMessage, MESSAGE_FORMS, type Message, messageHash } from '../src/slack/message.ts'
import type { Explanation } from '../src/triage/explain.ts'
import { code, words } from '../src/words/words.ts'
import { advice, explanation, nastyView, textOf, view } from './slack-views.ts'

const types = (message: Message): string[] => (message.blocks ?? []).map((block) => block.type)
const header = (message: Message): string => {
  const block = message.blocks?.[0]
  return block?.type === 'header' ? block.text.text : ''
}
const read = (message: Message): string => (message.blocks ?? []).map(textOf).join('\n')
function actions(message: Message): {
  buttons: string[]
  menu: string[]
  styles: (string | undefined)[]
  values: unknown[]
} {
  const block = message.blocks?.find(
    (one): one is Extract<KnownBlock, { type: 'actions' }> => one.type === 'actions',
  )
  const elements = block?.elements ?? []
  const buttons = elements.flatMap((element) => (element.type === 'button' ? element : []))
  const entries = elements.flatMap((element) =>
    element.type === 'overflow' ? element.options : [],
  )
  return {
    buttons: buttons.map((button) => button.text.text),
    menu: entries.map((entry) => entry.text.text),
    styles: buttons.map((button) => button.style),
    values: [...buttons, ...entries].map((one) => readButtonValue(one.value)),
  }
}

it('history and related alerts come last, one line each, also without blocks', () => {
  const noted: IncidentView = {
    ...view,
    history: words`▁▁▇ count over the last 6 h (status): 0 to 3`,
    relatedAlerts: words`Also firing: ${code('KubeNodeNotReady')} for ${code('n1')}`,
  }
  const foot = incidentMessage(noted).blocks?.at(-1)
  expect(
    foot?.type === 'context' &&
      foot.elements.map((element) => ('text' in element ? element.text : '')),
  ).toEqual([
    '<https://am.example.com/#/alerts?a=1&amp;b=2|Alertmanager> · T4 node-going-away',
    '▁▁▇ count over the last 6 h (status): 0 to 3',
    'Also firing: KubeNodeNotReady for n1',
  ])
  expect(incidentMessage(noted, 'text').text).toContain('Also firing: `KubeNodeNotReady` for `n1`')
})

it('what could not be read is shown until the incident is over', () => {
  const explanation = view.explanation && { ...view.explanation, limits: [words`Events: no right`] }
  const shown = (state: IncidentView['state']) =>
    MESSAGE_FORMS.map((form) =>
      JSON.stringify(incidentMessage({ ...view, state, explanation }, form)).includes('no right'),
    )
  expect(shown('open')).toEqual([true, true, true])
  expect(shown('cleared')).toEqual([true, true, true])
  expect(shown('fixed')).toEqual([false, false, false])
  expect(shown('closed')).toEqual([false, false, false])
})

describe('an open incident', () => {
  const message = incidentMessage(view)

  it('has a header with the state and what is wrong', () => {
    expect(header(message)).toBe(
      '🟡 No action: 2 nodes are being scaled down; datadog-agent still runs on them',
    )
  })

  it('shows what to do now above the buttons; the rest and the table below', () => {
    expect(message.blocks?.map(({ block_id }) => block_id)).toEqual([
      'head.3',
      'facts.3',
      'now.3.0',
      'act.3',
      'else.3',
      'why.3',
      'later.3.1',
      'later.3.2',
      'nodes.3',
      'foot.3',
    ])
    const text = read(message)
    expect(text).toContain('Now ▸ Wait: the nodes drain')
    expect(text).toContain('If you do nothing ▸ It ends with the nodes.')
    expect(text).toContain('For good ▸ Tolerate ToBeDeletedByClusterAutoscaler')
    expect(text).toContain('Simulated: misscheduled 2 → 0, desired 26 → 28, 28 pods restart')
    expect(text).toContain("Don't ▸ Delete the pods. The workers that drain would lose their logs.")
  })

  it('says which DaemonSet, which cluster and since when, in the time zone of the reader', () => {
    expect(textOf(message.blocks?.[1])).toBe(
      '`datadog/datadog-agent` · prod-eu1 · since <!date^1795489020^{time}|02:57 UTC>',
    )
  })

  it('has a text for screen readers, state first', () => {
    expect(message.text).toBe(
      'No action: 2 nodes are being scaled down; datadog-agent still runs on them, in cluster prod-eu1. If you do nothing: It ends with the nodes. Now: Wait: the nodes drain. For good: Tolerate ToBeDeletedByClusterAutoscaler.',
    )
  })

  it('carries incident and revision in its buttons and the ID in its metadata', () => {
    expect(actions(message).values).toEqual(
      ['silence', 'patch', 'recheck'].map((button) => ({ button, incidentId: 'inc_1', rev: 3 })),
    )
    expect(message.metadata).toEqual({
      event_type: 'daemonset_triage_incident',
      event_payload: { incident_id: 'inc_1' },
    })
    expect(message.blocks?.find((block) => block.type === 'actions')?.block_id).toBe('act.3')
  })

  it('highlights only the button that carries out the advice', () => {
    expect(actions(message)).toMatchObject({
      buttons: ['Silence…', 'Add toleration…', 'Recheck'],
      styles: ['primary', undefined, undefined],
    })
    const fixNode = {
      ...explanation,
      now: [advice('fix-node', words`Fix the node`, words`It is broken.`)],
    }
    expect(actions(incidentMessage({ ...view, explanation: fixNode })).styles).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('buttons', () => {
  it('that do not fit in two rows on a phone go to a menu, Recheck last', () => {
    const shown = (more: Partial<IncidentView>) => {
      const { buttons, menu } = actions(incidentMessage({ ...view, ...more }))
      return [buttons, menu]
    }
    expect(shown({ buttons: ['patch', 'silence', 'show-fix'] })).toEqual([
      ['Add toleration…', 'Silence…', 'Show fix'],
      ['Recheck'],
    ])
    const silence = {
      actionId: 'a',
      until: '2026-11-24T04:00:00Z',
      who: 'U1',
      untilNodesGone: false,
    }
    const patch = { actionId: 'b', what: words`toleration added`, who: 'U1' }
    expect(shown({ silences: [silence], undoable: [patch], buttons: ['patch'] })).toEqual([
      ['End silence…', 'Undo patch…'],
      ['Add toleration…', 'Recheck'],
    ])
  })

  it('end the silence and undo the patch, with the ID of the action', () => {
    const silences = [
      { actionId: 'act_1', until: '2026-11-24T04:00:00Z', who: 'U0123', untilNodesGone: false },
    ]
    const undoable = [{ actionId: 'act_2', what: words`toleration added`, who: 'U0123' }]
    const { buttons, menu, values } = actions(
      incidentMessage({ ...view, silences, undoable, buttons: ['patch'] }),
    )
    expect([...buttons, ...menu]).toEqual([
      'End silence…',
      'Undo patch…',
      'Add toleration…',
      'Recheck',
    ])
    expect(values.slice(0, 2)).toEqual([
      { button: 'end-silence', incidentId: 'inc_1', rev: 3, actionId: 'act_1' },
      { button: 'undo', incidentId: 'inc_1', rev: 3, actionId: 'act_2' },
    ])
  })

  it('end any of several silences from one button, and cover the rest from another', () => {
    const silences = ['act_1', 'act_2'].map((actionId) => ({
      actionId,
      until: '2026-11-24T04:00:00Z',
      who: 'U0123',
      untilNodesGone: false,
      covers: ['datadog/datadog-agent'],
    }))
    const silenced = { of: 4, uncovered: ['logging/fluent-bit'] }
    const { buttons, menu, values } = actions(incidentMessage({ ...view, silences, silenced }))
    expect([...buttons, ...menu]).toEqual([
      'End silence…',
      'Silence rest…',
      'Add toleration…',
      'Recheck',
    ])
    expect(values[0]).toEqual({ button: 'end-silence', incidentId: 'inc_1', rev: 3 })
  })

  it('are hidden while an action is in progress', () => {
    const message = incidentMessage({
      ...view,
      busy: words`${{ user: 'U0123' }} is adding the toleration`,
    })
    expect(types(message)).not.toContain('actions')
    expect(read(message)).toContain('is adding the toleration')
  })

  it('are hidden once the incident is closed', () => {
    expect(types(incidentMessage({ ...view, state: 'closed', buttons: [] }))).not.toContain(
      'actions',
    )
  })
})

describe('the other states', () => {
  const cases: [string, Partial<IncidentView>, string, string][] = [
    [
      'closed',
      {
        state: 'closed',
        closed: '2026-11-24T03:31:00Z',
        ending: {
          past: words`2 nodes were being scaled down`,
          by: words`nodes ${code('ip-1')} and ${code('ip-2')} are gone`,
          todo: words`Tolerate ${code('ToBeDeletedByClusterAutoscaler')}.`,
        },
      },
      '✅ Over after 34 min: 2 nodes were being scaled down',
      'Ended by: nodes ip-1 and ip-2 are gone\nStill to do: Tolerate ToBeDeletedByClusterAutoscaler.',
    ],
    [
      'fixed',
      { state: 'fixed' },
      '🟢 Fixed, the alert should resolve shortly: DaemonSet datadog/datadog-agent',
      'Alertmanager has not resolved the alert yet',
    ],
    [
      'cleared',
      { state: 'cleared' },
      '🟠 Alert resolved, not fixed: 2 nodes are being scaled down; datadog-agent still runs on them',
      'the pods are still there',
    ],
    [
      'unreadable',
      { state: 'unreadable', explanation: null, unreadableSince: '2026-11-24T03:14:00Z' },
      '⚪ Cluster unreachable since 03:14 UTC: DaemonSet datadog/datadog-agent',
      'has not been read yet',
    ],
    [
      'silenced',
      {
        silences: [
          { actionId: 'a', until: '2026-11-24T04:00:00Z', who: 'U0123', untilNodesGone: true },
        ],
        silenced: { of: 1, uncovered: [] },
      },
      '🔕 Silenced: 2 nodes are being scaled down; datadog-agent still runs on them',
      'until these nodes are gone',
    ],
    [
      'partly silenced',
      {
        silences: [
          {
            actionId: 'a',
            until: '2026-11-24T04:00:00Z',
            who: 'U0123',
            untilNodesGone: false,
            covers: ['datadog/agent'],
          },
        ],
        silenced: { of: 4, uncovered: ['logging/fluent-bit', 'a/b', 'c/d'] },
      },
      '🟡 Silenced for 1 of 4 DaemonSets: 2 nodes are being scaled down; datadog-agent still runs on them',
      'Not silenced: logging/fluent-bit',
    ],
  ]
  it.each(cases)(
    '%s is in the header, the body and the text for screen readers',
    (_name, change, head, body) => {
      const message = incidentMessage({ ...view, ...change })
      expect(header(message)).toBe(head)
      expect(read(message)).toContain(body)
      expect(message.text.startsWith(head.replace(/^\S+ /, ''))).toBe(true)
    },
  )

  it('closed, the message has no advice for now and no table', () => {
    const message = incidentMessage({ ...view, state: 'closed' })
    expect(read(message)).not.toContain('Now ▸')
    expect(types(message)).not.toContain('table')
  })
})

describe('the table', () => {
  const rows = (count: number) =>
    Array.from(
      { length: count },
      (_, n) => [[code(`node-${n}`)], [code('gpu=true:NoExecute')]] as const,
    )
  const withRows = (count: number, more: number): Message =>
    incidentMessage({
      ...view,
      explanation: {
        ...explanation,
        table: { header: ['Node', 'Untolerated taint'], rows: rows(count), more },
      },
    })
  const table = (message: Message) => message.blocks?.find((block) => block.type === 'table')

  it('shows ten rows and counts the rest', () => {
    const message = withRows(100, 400)
    const block = table(message)
    expect(block?.type === 'table' && block.rows.length).toBe(11)
    expect(read(message)).toContain('+490 more')
  })

  it('can break a taint before its effect', () => {
    const block = table(withRows(1, 0))
    const cell = block?.type === 'table' ? block.rows[1]?.[1] : undefined
    expect(textOf(cell)).toBe('gpu=true:NoExecute')
    expect(JSON.stringify(cell)).toContain('"gpu=true"')
  })

  it('becomes a list if Slack refuses tables', () => {
    const message = incidentMessage(view, 'no-table')
    expect(types(message)).not.toContain('table')
    expect(read(message)).toContain('ip-10-0-3-17: ToBeDeletedByClusterAutoscaler:NoSchedule')
  })
})

it('without blocks, the text has everything', () => {
  const { text, blocks } = incidentMessage(view, 'text')
  expect(blocks).toBeUndefined()
  for (const part of [
    '🟡 No action: 2 nodes',
    '`datadog/datadog-agent`',
    '*Now:* Wait: the nodes drain',
    '*For good:*',
    '`ip-10-0-3-42`',
  ])
    expect(text).toContain(part)
})

it('a command is shown if no button does the same', () => {
  const remove = advice('remove-taint', words`Remove the taint`, words`It is left over.`, {
    commands: ['kubectl taint node n1 gpu-'],
  })
  expect(
    read(incidentMessage({ ...view, explanation: { ...explanation, now: [remove] } })),
  ).toContain('kubectl taint node n1 gpu-')
})

it('missing buttons and unreadable objects are at the end', () => {
  const message = incidentMessage({
    ...view,
    missing: [words`Read-only`],
    explanation: { ...explanation, limits: [words`Events: forbidden`] },
  })
  expect(textOf(message.blocks?.at(-1))).toBe(
    '<https://am.example.com/#/alerts?a=1&amp;b=2|Alertmanager> · T4 node-going-awayRead-onlyEvents: forbidden',
  )
})

it('a DaemonSet of another cluster does not count as fixed', () => {
  const elsewhere: Explanation = {
    ...explanation,
    urgency: 'false-alarm',
    headline: words`The alert for fraud-agent is from another cluster`,
    causes: [{ id: 'S5', cause: 'no-such-daemonset', about: 'no-daemonset' }],
    now: [
      advice(
        'none',
        words`Send this alert to the other cluster`,
        words`Route alerts by their cluster label.`,
      ),
    ],
  }
  const message = incidentMessage({ ...view, state: 'fixed', explanation: elsewhere })
  expect(header(message)).toBe('🔵 False alarm: The alert for fraud-agent is from another cluster')
  expect(read(message)).toContain('Now ▸ Send this alert to the other cluster')
  expect(read(message)).not.toContain('No node is misscheduled')
})

it('the reason is left out once the incident is over', () => {
  expect(read(incidentMessage(view))).toContain('The pods stay until the nodes are gone.')
  for (const state of ['fixed', 'closed'] as const)
    expect(read(incidentMessage({ ...view, state }))).not.toContain(
      'The pods stay until the nodes are gone.',
    )
})

it('equal views give equal bytes, other views another hash', () => {
  const again: IncidentView = structuredClone(view)
  expect(messageHash(incidentMessage(again))).toBe(messageHash(incidentMessage(view)))
  expect(messageHash(incidentMessage({ ...view, state: 'cleared' }))).not.toBe(
    messageHash(incidentMessage(view)),
  )
})

it.each(MESSAGE_FORMS)('stays within the limits for any view (%s)', (level) => {
  for (let seed = 0; seed < 120; seed++) {
    const found = problems('message', incidentMessage(nastyView(seed), level))
    expect({ seed, found }).toEqual({ seed, found: [] })
  }
})

it('text from the cluster never becomes markup', () => {
  for (let seed = 0; seed < 120; seed++) {
    const message = incidentMessage(nastyView(seed))
    const facts = textOf(message.blocks?.[1])
    const tokens = [...facts.matchAll(/<[^>]*>/g), ...message.text.matchAll(/<[^>]*>/g)].map(
      ([token]) => token,
    )
    expect(tokens.filter((token) => !/^<!date\^\d+\^[^|<>]*\|[^<>]*>$/.test(token))).toEqual([])
    expect(`${facts}${message.text}`).not.toContain('<!channel>')
  }
})

it('500 nodes and names of 253 characters are cut and counted', () => {
  const name = `n${'x'.repeat(252)}`
  const rows = Array.from(
    { length: 500 },
    () => [[code(name)], [code(`k/${name}:NoSchedule`)]] as const,
  )
  const table = { header: ['Node', 'Untolerated taint'] as const, rows, more: 0 }
  const daemonSets = Array.from({ length: 500 }, () => ({ namespace: name, name, misscheduled: 1 }))
  const message = incidentMessage({
    ...view,
    daemonSets,
    explanation: { ...explanation, headline: words`${code(name)}`, table },
  })
  expect(problems('message', message)).toEqual([])
  expect(read(message)).toContain('+490 more')
  expect(read(message)).toContain('500 DaemonSets')
})

describe('advice', () => {
  const patch = advice('tolerate', words`Tolerate ${code('gpu')}`, words`It belongs there.`)
  const shown = (change: Partial<typeof explanation>): string =>
    read(incidentMessage({ ...view, explanation: { ...explanation, notThis: [], ...change } }))

  it('for now and for good is shown once', () => {
    const text = shown({ now: [patch], forGood: [patch] })
    expect(text).toContain('Now and for good ▸ Tolerate gpu')
    expect(text.match(/Tolerate gpu/g)).toHaveLength(1)
  })

  it('to change nothing is left out', () => {
    const text = shown({
      forGood: [advice('none', words`Nothing to change`, words`The taint keeps it away.`)],
    })
    expect(text).not.toContain('For good')
    expect(text).not.toContain('The taint keeps it away.')
  })

  it('leaves out waiting and recounting unless they come first', () => {
    const fix = advice('fix-node', words`Fix the node`, words`It is down.`)
    const wait = advice('wait', words`Wait`, words`It passes.`)
    const recount = advice('recount', words`Recount`, words`The status is old.`)
    const text = shown({ now: [fix, wait], forGood: [] })
    expect(text).toContain('Now ▸ Fix the node')
    expect(text).not.toContain('Now ▸ Wait')
    expect(shown({ now: [fix, recount], forGood: [] })).not.toContain('Now ▸ Recount')
    const led = shown({ now: [wait, fix], forGood: [] })
    expect(led).toContain('Now ▸ Wait')
    expect(led).toContain('Now ▸ Fix the node')
  })

  it('shows the first simulation only', () => {
    const fix = advice('remove-taint', words`Remove the taint`, words`It is left over.`, {
      simulated: 'misscheduled 1 → 0',
    })
    const later = { ...patch, simulated: 'misscheduled 1 → 0, 5 pods restart' }
    expect(shown({ now: [fix], forGood: [later] })).toContain('Simulated: misscheduled 1 → 0')
    expect(shown({ now: [fix], forGood: [later] })).not.toContain('5 pods restart')
    expect(shown({ now: [{ ...fix, simulated: '' }], forGood: [later] })).toContain(
      '5 pods restart',
    )
  })

  it('without a recommendation is cut to the first', () => {
    const fair = { ...patch, remedy: { ...patch.remedy, recommended: false } }
    expect(shown({ now: [fair, advice('wait', words`Wait`, words`It passes.`)] })).toContain(
      'Now ▸ Wait',
    )
    const two = shown({ now: [fair, { ...fair, title: words`Something else` }], forGood: [] })
    expect(two).toContain('Now ▸ Tolerate gpu')
    expect(two).not.toContain('Something else')
  })

  it('has commands for the first remedy only', () => {
    const first = advice('fix-node', words`Fix n1`, words`a`, {
      commands: ['kubectl describe node n1'],
    })
    const second = advice('remove-taint', words`Remove the taint`, words`b`, {
      commands: ['kubectl taint node n1 gpu-'],
    })
    const text = shown({ now: [first, second] })
    expect(text).toContain('Remove the taint')
    expect(text).toContain('kubectl describe node n1')
    expect(text).not.toContain('kubectl taint')
  })
})

it('what a screen reader says of a button starts with its label, also with the longest names', () => {
  const named = Array.from({ length: 50 }, (_, seed) => incidentMessage(nastyView(seed))).flatMap(
    ({ blocks = [] }) =>
      blocks
        .flatMap((block) => (block.type === 'actions' ? block.elements : []))
        .flatMap((element) => (element.type === 'button' ? element : [])),
  )
  expect(named.length).toBeGreaterThan(20)
  for (const { text, accessibility_label: name } of named)
    expect(name?.startsWith(`${text.text}: `)).toBe(true)
})
