import type { ModalView } from '@slack/web-api'
import { describe, expect, it } from 'vitest'
import { problems } from '../simulator/slack/check-payload.ts'
import type { Prediction } from '../src/daemonset/predict.ts'
import type { Toleration } from '../src/kubernetes/objects.ts'
import * as changes from '../src/slack/change-modals.ts'
import { readMetadata, writeMetadata } from '../src/slack/metadata.ts'
import * as plainModals from '../src/slack/modals.ts'
import { silenceModal } from '../src/slack/silence-modal.ts'
import { tolerationDiff } from '../src/slack/toleration-diff.ts'
import { code, words } from '../src/words/words.ts'

const modals = { ...changes, ...plainModals, silenceModal }

const count = {
  desiredNumberScheduled: 26,
  currentNumberScheduled: 26,
  numberMisscheduled: 3,
  numberReady: 26,
  numberAvailable: 26,
  numberUnavailable: 0,
}
const outcome: Prediction = {
  before: count,
  after: { ...count, numberMisscheduled: 0, desiredNumberScheduled: 29 },
  misscheduledBefore: ['n1', 'n2', 'n3'],
  misscheduledAfter: [],
  gained: ['n4'],
  lost: [],
  podsRestarted: 29,
  rolloutBlocked: false,
}
const origin = { incidentId: 'inc_1', rev: 3 }
const draft: changes.ChangeDraft = {
  ...origin,
  target: 'datadog/agent',
  shown: 'abc',
  outcome,
  dryRun: { verdict: 'accepted' },
}
const gpu: Toleration = { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }
const patch = {
  ...draft,
  from: undefined,
  to: [gpu],
  revert: 'Helm overwrites it at its next upgrade.',
}

/** Every text of a block, in reading order. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('')
  if (typeof value !== 'object' || value === null) return ''
  return Object.entries(value)
    .map(([name, entry]) => (name === 'text' && typeof entry === 'string' ? entry : textOf(entry)))
    .join('')
}
const read = (blocks: ModalView['blocks']): string => blocks.map(textOf).join('\n')
const inputs = (view: ModalView): string[] =>
  view.blocks.flatMap((block) => (block.type === 'input' && block.block_id ? block.block_id : []))

describe('the patch', () => {
  const view = modals.patchModal(patch)

  it('shows the diff, what it leads to, what the API server says and who would undo it, before it is agreed to', () => {
    const text = read(view.blocks)
    for (const part of [
      '+ - key: gpu',
      'misscheduled 3 → 0, desired 26 → 29',
      '1 node newly gets a pod: n4.',
      'restarts 29 pods',
      'dry run: accepted',
      'Helm overwrites it',
    ])
      expect(text).toContain(part)
    expect(inputs(view)).toEqual(['confirm'])
    expect(view.submit?.text).toBe('Add toleration')
  })

  it('carries what was shown, and not what is to be done', () => {
    expect(readMetadata(view.private_metadata)).toEqual({
      press: 'patch',
      ...origin,
      target: 'datadog/agent',
      shown: 'abc',
    })
    expect(view.callback_id).toBe('daemonset-triage.patch')
  })

  it('cannot be sent off where the API server refuses it', () => {
    const refused = modals.patchModal({
      ...patch,
      dryRun: { verdict: 'refused', why: 'denied by policy' },
    })
    expect(refused.submit).toBeUndefined()
    expect(inputs(refused)).toEqual([])
    expect(read(refused.blocks)).toContain('refused. denied by policy')
  })

  it('says where a roll-out would stop, and that a dry run could not be made', () => {
    const dryRun = { verdict: 'unchecked', why: 'a webhook knows no dry run' } as const
    const text = read(
      modals.patchModal({ ...patch, dryRun, outcome: { ...outcome, rolloutBlocked: true } }).blocks,
    )
    expect(text).toContain('would stop half-way')
    expect(text).toContain('could not be checked. a webhook knows no dry run')
  })

  it('is shown anew with a note where it has changed meanwhile', () => {
    expect(
      read(modals.patchModal({ ...patch, note: words`This has changed.` }).blocks).startsWith(
        '⚠️ This has changed.',
      ),
    ).toBe(true)
  })
})

describe('a toleration list', () => {
  const many: Toleration[] = ['a', 'b', 'c', 'd'].map((key) => ({ key, operator: 'Exists' }))

  it('is shown as YAML, with what stays counted and what comes marked', () => {
    expect(tolerationDiff(many, [...many, gpu])).toBe(
      [
        '  tolerations:',
        '  # 2 more, unchanged',
        '  - key: c',
        '    operator: Exists',
        '  - key: d',
        '    operator: Exists',
        '+ - key: gpu',
        '+   operator: Exists',
        '+   effect: NoSchedule',
      ].join('\n'),
    )
  })

  it('marks what goes', () => {
    expect(tolerationDiff([gpu], undefined)).toBe(
      '  tolerations:\n- - key: gpu\n-   operator: Exists\n-   effect: NoSchedule',
    )
  })

  it('quotes what YAML would take for something else', () => {
    const odd = [
      { key: 'a', value: 'true' },
      { key: '1', value: 'x: y' },
      { operator: 'Exists', tolerationSeconds: 30 },
    ]
    expect(tolerationDiff([], odd)).toBe(
      [
        '  tolerations:',
        '+ - key: a',
        '+   value: "true"',
        '+ - key: "1"',
        '+   value: "x: y"',
        '+ - operator: Exists',
        '+   tolerationSeconds: 30',
      ].join('\n'),
    )
  })
})

describe('the silence', () => {
  const matchers = [
    { alertname: 'KubeDaemonSetMisScheduled', daemonset: 'agent', namespace: 'datadog' },
  ]

  it('shows on which labels, what matches now and how long', () => {
    const view = modals.silenceModal({
      ...origin,
      matchers,
      matchingNow: [{ namespace: 'datadog', daemonset: 'agent' }],
      nodes: ['n1', 'n2'],
    })
    const text = read(view.blocks)
    for (const part of [
      'alertname="KubeDaemonSetMisScheduled"\ndaemonset="agent"\nnamespace="datadog"',
      '1 alert matches right now: datadog/agent',
      '1 hour',
      '4 hours',
      '24 hours',
      'n1 and 1 more',
    ])
      expect(text).toContain(part)
    expect(inputs(view)).toEqual(['duration', 'reason'])
    expect(JSON.stringify(view.blocks)).toContain('"value":"nodes"')
  })

  it('follows no nodes where there are none, and says that nothing matches', () => {
    const view = modals.silenceModal({ ...origin, matchers, matchingNow: [], nodes: [] })
    expect(JSON.stringify(view.blocks)).not.toContain('"value":"nodes"')
    expect(read(view.blocks)).toContain('No alert matches right now.')
  })

  describe('of a second alert', () => {
    const name = 'KubeDaemonSetRolloutStuck'
    const dialog = (ticked: boolean, count = 1) => {
      const second = Array.from({ length: count }, (_, index) => ({
        alertname: name,
        namespace: 'd'.repeat(63),
        daemonset: `a${index}`,
      }))
      return modals.silenceModal({
        ...origin,
        matchers,
        matchingNow: [],
        nodes: ['n1'],
        second: { alertname: name, matchers: second, ticked },
        shown: 'hash',
        note: words`Look again.`,
      })
    }

    it('is a box, ticked or not, and says what it would hide', () => {
      expect(JSON.stringify(dialog(true).blocks)).toContain('initial_options')
      expect(JSON.stringify(dialog(true).blocks)).toContain('for nothing else')
      expect(JSON.stringify(dialog(false).blocks)).not.toContain('initial_options')
      expect(JSON.stringify(dialog(false).blocks)).toContain('the roll-out itself has not finished')
    })

    it('comes back as what was shown, and nothing about what to do', () => {
      expect(inputs(dialog(true))).toEqual(['duration', 'second', 'reason'])
      expect(readMetadata(dialog(true).private_metadata)).toEqual({
        press: 'silence',
        ...origin,
        shown: 'hash',
      })
      expect(read(dialog(true).blocks).startsWith('⚠️ Look again.')).toBe(true)
    })

    it('is accepted by Slack however many and long the names are', () => {
      expect(problems('modal', dialog(true, 200))).toEqual([])
    })
  })
})

it('a deletion is one-way, and its name has to be typed', () => {
  const view = modals.deleteModal({
    ...draft,
    pods: ['agent-x1', 'agent-x2'],
    confirmWord: 'agent',
  })
  expect(read(view.blocks)).toContain('cannot be undone')
  expect(read(view.blocks)).toContain('agent-x1\nagent-x2')
  expect(inputs(view)).toEqual(['confirm'])
  expect(readMetadata(view.private_metadata)?.confirmWord).toBe('agent')
})

it('of several DaemonSets one is chosen by its whole name', () => {
  const view = modals.pickModal({
    ...origin,
    press: 'patch',
    choices: ['a/b', `${'x'.repeat(63)}/${'y'.repeat(253)}`, `n/${'z'.repeat(100)}`],
  })
  expect(inputs(view)).toEqual(['pick'])
  expect(JSON.stringify(view.blocks)).toContain(`"value":"n/${'z'.repeat(100)}"`)
  expect(read(view.blocks)).toContain('1 more do not fit')
})

it('an ending carries the action that it ends', () => {
  const view = modals.confirmModal({
    ...origin,
    press: 'end-silence',
    actionId: 'act_1',
    title: 'End silence',
    submit: 'End silence',
    text: words`It notifies again.`,
  })
  expect(readMetadata(view.private_metadata)).toEqual({
    press: 'end-silence',
    ...origin,
    actionId: 'act_1',
  })
})

it('the fix is shown to be copied, and where it goes', () => {
  const view = modals.showFixModal([
    {
      namespace: 'datadog',
      name: 'agent',
      snippet: 'agents:\n  tolerations: []\n',
      where: 'In the values of the release.',
    },
  ])
  expect(read(view.blocks)).toContain('agents:\n  tolerations: []')
  expect(view.submit).toBeUndefined()
})

it('Slack accepts every dialog, whatever the names', () => {
  const long = `${'x'.repeat(63)}/${'&<*'.repeat(84)}`
  const text = words`${code(long)} ${'& '.repeat(3000)}`
  const labels = Array.from({ length: 300 }, () => ({
    alertname: 'x'.repeat(200),
    namespace: long,
    daemonset: long,
  }))
  const names = Array.from({ length: 500 }, (_, n) => `${long}${n}`)
  const tolerations = names.map((key) => ({ key, operator: 'Exists' }))
  const wide = {
    ...draft,
    target: long,
    shown: 'a'.repeat(64),
    outcome: { ...outcome, gained: names },
    note: text,
  }
  const refusedDraft = { ...wide, dryRun: { verdict: 'refused', why: 'no '.repeat(2000) } as const }
  const views: Record<string, ModalView> = {
    checking: modals.checkingModal(),
    applying: modals.applyingModal(),
    result: modals.resultModal({ title: 'A title that is longer than 24', text }),
    refused: modals.refusedModal(text),
    silence: modals.silenceModal({
      ...origin,
      matchers: labels,
      matchingNow: labels,
      nodes: names,
    }),
    patch: modals.patchModal({
      ...wide,
      from: tolerations,
      to: [...tolerations, ...tolerations.map(({ key }) => ({ key }))],
      revert: 'x'.repeat(5000),
    }),
    'patch refused': modals.patchModal({
      ...refusedDraft,
      from: undefined,
      to: undefined,
      revert: '',
    }),
    delete: modals.deleteModal({ ...wide, pods: names, confirmWord: 'y'.repeat(253) }),
    recount: modals.recountModal(wide),
    confirm: modals.confirmModal({
      ...origin,
      press: 'undo',
      actionId: 'act_1',
      title: 'x'.repeat(50),
      submit: 'y'.repeat(50),
      text,
    }),
    pick: modals.pickModal({
      ...origin,
      press: 'patch',
      choices: names.map((name) => name.slice(-150)),
    }),
    'pick none': modals.pickModal({ ...origin, press: 'patch', choices: names }),
    fix: modals.showFixModal(
      names.map((name) => ({ namespace: long, name, snippet: 'a: 1\n'.repeat(1000), where: long })),
    ),
  }
  for (const [name, view] of Object.entries(views))
    expect({ name, found: problems('modal', view) }).toEqual({ name, found: [] })
})

it.each([
  '',
  '{}',
  'null',
  '[]',
  '{"p":"x","i":"a","r":1}',
  '{"p":"patch","i":1,"r":1}',
  '{"p":"patch","i":"a","r":1.5}',
  undefined,
])('metadata that is none of ours is not read: %s', (text) => {
  expect(readMetadata(text)).toBeUndefined()
})

it('metadata comes back as it went', () => {
  const metadata = {
    press: 'delete' as const,
    ...origin,
    target: 'a/b',
    shown: 'abc',
    actionId: 'act_1',
    confirmWord: 'b',
  }
  expect(readMetadata(writeMetadata(metadata))).toEqual(metadata)
})
