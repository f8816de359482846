import type { ModalView } from '@slack/web-api'
import { describe, expect, it } from 'vitest'
import { problems } from '../simulator/slack/check-payload.ts'
import type { Prediction } from '../src/daemonset/predict.ts'
import type { Toleration } from '../src/kubernetes/objects.ts'
import * as changes from '../src/slack/change-modals.ts'
import { tolerationDiff } from '../src/slack/change-modals.ts'
import { readMetadata, writeMetadata } from '../src/slack/interactions.ts'
import * as plainModals from '../src/slack/modals.ts'
import { endSilenceModal, silenceModal } from '../src/slack/silence-modal.ts'
import { code, words } from '../src/words/words.ts'
import { textOf } from './slack-views.ts'

const modals = { ...changes, ...plainModals, silenceModal }

const count = {
  desiredNumberScheduled: 26,
  currentNumberScheduled: 26,
  numberMisscheduled: 3,
  numberReady: 26,
  numberAvailable: 26,
  numberUnavailable: 0,
}
const prediction: Prediction = {
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
  prediction: prediction,
  dryRun: { verdict: 'accepted' },
}
const gpu: Toleration = { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }
const patch = {
  ...draft,
  from: undefined,
  to: [gpu],
  revert: 'Helm overwrites it at its next upgrade.',
}

const read = (blocks: ModalView['blocks']): string => blocks.map(textOf).join('\n')
const inputs = (modal: ModalView): string[] =>
  modal.blocks.flatMap((block) => (block.type === 'input' && block.block_id ? block.block_id : []))

describe('the undo modal', () => {
  const undo = {
    ...origin,
    actionId: 'act_1',
    target: 'datadog/agent',
    who: 'U1',
    from: [gpu],
    to: undefined,
  }

  it('shows what is taken away again, and which pods are not created again', () => {
    const modal = modals.undoModal({
      ...undo,
      prediction: { ...prediction, gained: [], lost: ['agent-1', 'agent-2'], podsRestarted: 26 },
    })
    const text = read(modal.blocks)
    for (const part of [
      'before the patch by',
      '- - key: gpu',
      'The rollout restarts 26 pods.',
      'It also deletes 2 pods that the controller does not create again: agent-1 and agent-2.',
    ])
      expect(text).toContain(part)
    expect(modal.submit?.text).toBe('Undo')
    expect(readMetadata(modal.private_metadata)).toEqual({
      button: 'undo',
      ...origin,
      actionId: 'act_1',
    })
  })

  it('can be submitted without a simulation: an undo may be urgent', () => {
    const modal = modals.undoModal({ ...undo, notSimulated: words`The API server did not answer.` })
    expect(read(modal.blocks)).toContain('could not be simulated. The API server did not answer.')
    expect(modal.submit?.text).toBe('Undo')
  })

  it('says that the rollout of the patch is still under way', () => {
    const modal = modals.undoModal({ ...undo, prediction, isRollingOut: true })
    expect(read(modal.blocks)).toContain('The rollout of the patch is not finished.')
  })
})

describe('the patch modal', () => {
  const modal = modals.patchModal(patch)

  it('shows diff, simulation, dry run and what would revert it, above the checkbox', () => {
    const text = read(modal.blocks)
    for (const part of [
      '+ - key: gpu',
      'misscheduled 3 → 0, desired 26 → 29',
      '1 additional node gets a pod: n4.',
      'restarts 29 pods',
      'dry run: accepted',
      'Helm overwrites it',
    ])
      expect(text).toContain(part)
    expect(inputs(modal)).toEqual(['confirm'])
    expect(modal.submit?.text).toBe('Add toleration')
  })

  it.each([
    [26, 'It also deletes 1 pod that the controller does not create again: agent-1.'],
    [0, 'The rollout deletes 1 pod that the controller does not create again: agent-1.'],
  ])(
    'names the pods that the rollout does not replace, if it restarts %d',
    (podsRestarted, said) => {
      const costly = { ...prediction, lost: ['agent-1'], podsRestarted }
      expect(read(modals.patchModal({ ...patch, prediction: costly }).blocks)).toContain(said)
    },
  )

  it('carries the hash of what it shows, not the change', () => {
    expect(readMetadata(modal.private_metadata)).toEqual({
      button: 'patch',
      ...origin,
      target: 'datadog/agent',
      shown: 'abc',
    })
    expect(modal.callback_id).toBe('daemonset-triage.patch')
  })

  it('cannot be submitted if the API server refuses the dry run', () => {
    const refused = modals.patchModal({
      ...patch,
      dryRun: { verdict: 'refused', why: 'denied by policy' },
    })
    expect(refused.submit).toBeUndefined()
    expect(inputs(refused)).toEqual([])
    expect(read(refused.blocks)).toContain('refused. denied by policy')
  })

  it('says that a rollout would not finish and that there was no dry run', () => {
    const dryRun = { verdict: 'unchecked', why: 'a webhook does not support it' } as const
    const text = read(
      modals.patchModal({ ...patch, dryRun, prediction: { ...prediction, rolloutBlocked: true } })
        .blocks,
    )
    expect(text).toContain('The rollout would not finish')
    expect(text).toContain('not available. a webhook does not support it')
  })

  it('starts with the note that something has changed', () => {
    expect(
      read(modals.patchModal({ ...patch, note: words`This has changed.` }).blocks).startsWith(
        '⚠️ This has changed.',
      ),
    ).toBe(true)
  })
})

describe('a toleration list', () => {
  const many: Toleration[] = ['a', 'b', 'c', 'd'].map((key) => ({ key, operator: 'Exists' }))

  it('is a YAML diff; unchanged tolerations are counted', () => {
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

  it('marks removed tolerations', () => {
    expect(tolerationDiff([gpu], undefined)).toBe(
      '  tolerations:\n- - key: gpu\n-   operator: Exists\n-   effect: NoSchedule',
    )
  })

  it('quotes strings that YAML would read as another type', () => {
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

describe('the silence modal', () => {
  const matchers = [
    { alertname: 'KubeDaemonSetMisScheduled', daemonset: 'agent', namespace: 'datadog' },
  ]

  it('shows the matchers, the alerts they match and the durations', () => {
    const modal = modals.silenceModal({
      ...origin,
      matchers,
      matchingNow: [{ namespace: 'datadog', daemonset: 'agent' }],
      nodes: ['n1', 'n2'],
    })
    const text = read(modal.blocks)
    for (const part of [
      'alertname="KubeDaemonSetMisScheduled"\ndaemonset="agent"\nnamespace="datadog"',
      'Silences 1 alert that fires now: datadog/agent. Its message stays open.',
      '1 hour',
      '4 hours',
      '24 hours',
      'n1 and 1 more',
    ])
      expect(text).toContain(part)
    expect(inputs(modal)).toEqual(['duration', 'reason'])
    expect(JSON.stringify(modal.blocks)).toContain('"value":"nodes"')
  })

  it('needs no choice: what ends on its own is preselected, and the matchers come last', () => {
    const shown = (nodes: readonly string[]) => {
      const { blocks } = modals.silenceModal({ ...origin, matchers, matchingNow: matchers, nodes })
      return {
        order: blocks.map(({ block_id: id = 'text' }) => id),
        last: read(blocks.slice(-1)),
        chosen: JSON.stringify(blocks).match(/"initial_option":\{[^}]*\},"value":"(\w+)"/)?.[1],
      }
    }
    const order = ['text', 'duration', 'reason', 'text', 'text']
    const last = expect.stringContaining('daemonset="agent"')
    expect(shown(['n1', 'n2'])).toEqual({ order, last, chosen: 'nodes' })
    expect(shown([])).toEqual({ order, last, chosen: '1h' })
  })

  it('offers no node-based duration without nodes, and says that nothing matches', () => {
    const modal = modals.silenceModal({ ...origin, matchers, matchingNow: [], nodes: [] })
    expect(JSON.stringify(modal.blocks)).not.toContain('"value":"nodes"')
    expect(read(modal.blocks)).toContain('No alert matches the silence right now.')
  })

  describe('with a second alert', () => {
    const name = 'KubeDaemonSetRolloutStuck'
    const secondModal = (ticked: boolean, count = 1) => {
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
        note: words`This has changed.`,
      })
    }

    it('has a checkbox that says what the silence would hide', () => {
      expect(JSON.stringify(secondModal(true).blocks)).toContain('initial_options')
      expect(JSON.stringify(secondModal(true).blocks)).toContain('for nothing else')
      expect(JSON.stringify(secondModal(false).blocks)).not.toContain('initial_options')
      expect(JSON.stringify(secondModal(false).blocks)).toContain('the rollout has not finished')
    })

    it('carries the hash of what it shows, not the matchers', () => {
      expect(inputs(secondModal(true))).toEqual(['duration', 'second', 'reason'])
      expect(readMetadata(secondModal(true).private_metadata)).toEqual({
        button: 'silence',
        ...origin,
        shown: 'hash',
      })
      expect(read(secondModal(true).blocks).startsWith('⚠️ This has changed.')).toBe(true)
    })

    it('stays within the limits for any number and length of names', () => {
      expect(problems('modal', secondModal(true, 200))).toEqual([])
    })
  })
})

it('a deletion asks to type the name', () => {
  const modal = modals.deleteModal({
    ...draft,
    pods: ['agent-x1', 'agent-x2'],
    confirmWord: 'agent',
  })
  expect(read(modal.blocks)).toContain('cannot be undone')
  expect(read(modal.blocks)).toContain('agent-x1\nagent-x2')
  expect(inputs(modal)).toEqual(['confirm'])
  expect(readMetadata(modal.private_metadata)?.confirmWord).toBe('agent')
})

it('a deletion that lets a stuck rollout go on says that pods restart', () => {
  const shown = modals.deleteModal({
    ...draft,
    prediction: { ...draft.prediction, podsRestarted: 0 },
    consequences: ['The rollout is stuck on it and then goes on: 6 old pods restart.'],
    pods: ['agent-x1'],
    confirmWord: 'agent',
  })
  expect(read(shown.blocks)).toContain('6 old pods restart')
  expect(read(shown.blocks)).not.toContain('No running pod restarts')
})

it('one of several DaemonSets is picked by its full name', () => {
  const modal = modals.pickModal({
    ...origin,
    button: 'patch',
    choices: ['a/b', `${'x'.repeat(63)}/${'y'.repeat(253)}`, `n/${'z'.repeat(100)}`],
  })
  expect(inputs(modal)).toEqual(['pick'])
  expect(JSON.stringify(modal.blocks)).toContain(`"value":"n/${'z'.repeat(100)}"`)
  expect(read(modal.blocks)).toContain('1 more does not fit')
})

it('the confirm modal carries the action to end', () => {
  const modal = modals.confirmModal({
    ...origin,
    button: 'end-silence',
    actionId: 'act_1',
    title: 'End silence',
    submit: 'End silence',
    text: words`It notifies again.`,
  })
  expect(readMetadata(modal.private_metadata)).toEqual({
    button: 'end-silence',
    ...origin,
    actionId: 'act_1',
  })
})

it('the fix modal shows YAML to copy and cannot be submitted', () => {
  const modal = modals.showFixModal([
    {
      daemonSets: ['datadog/agent', 'datadog/trace-agent'],
      snippet: 'agents:\n  tolerations: []\n',
      where: ['In the values of the release.'],
      answer: 'yes',
    },
  ])
  const shown = read(modal.blocks)
  expect(shown).toContain('agents:\n  tolerations: []')
  expect(shown).toContain('If it belongs there')
  expect(shown).toContain('datadog/trace-agent')
  expect(modal.submit).toBeUndefined()
})

describe('the dialog that ends a silence', () => {
  const silence = (actionId: string, ...daemonSets: readonly string[]) => ({
    actionId,
    who: 'U1',
    until: '2026-11-24T04:00:00Z',
    daemonSets,
  })

  it('names what the silence covers, and carries its action', () => {
    const modal = endSilenceModal({ ...origin, silences: [silence('act_1', 'datadog/agent')] })
    expect(read(modal.blocks)).toContain('datadog/agent: silenced by')
    expect(readMetadata(modal.private_metadata)).toMatchObject({ actionId: 'act_1' })
    expect(JSON.stringify(modal.blocks)).not.toContain('radio_buttons')
  })

  it('asks which of several, all of them by default', () => {
    const silences = [silence('act_1', 'datadog/agent'), silence('act_2', 'a/b', 'c/d')]
    const modal = endSilenceModal({ ...origin, silences })
    expect(readMetadata(modal.private_metadata)?.actionId).toBeUndefined()
    expect(modal.blocks.find(({ type }) => type === 'input')).toMatchObject({
      element: {
        options: [
          { value: 'all', text: { text: 'All 2 silences' } },
          { value: 'act_1', text: { text: 'datadog/agent' } },
          { value: 'act_2', text: { text: 'a/b and 1 more' } },
        ],
        initial_option: { value: 'all' },
      },
    })
  })
})

it('every modal stays within the limits for any names', () => {
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
    prediction: { ...prediction, gained: names },
    note: text,
  }
  const refusedDraft = { ...wide, dryRun: { verdict: 'refused', why: 'no '.repeat(2000) } as const }
  const all: Record<string, ModalView> = {
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
    'end silences': endSilenceModal({
      ...origin,
      silences: names.map((name) => ({
        actionId: `act_${'0'.repeat(20)}`,
        who: 'U1',
        until: '2026-11-24T04:00:00Z',
        daemonSets: [name, long],
      })),
    }),
    confirm: modals.confirmModal({
      ...origin,
      button: 'undo',
      actionId: 'act_1',
      title: 'x'.repeat(50),
      submit: 'y'.repeat(50),
      text,
    }),
    undo: modals.undoModal({
      ...origin,
      actionId: 'act_1',
      target: wide.target,
      who: 'U1',
      from: [...tolerations, ...tolerations.map(({ key }) => ({ key }))],
      to: tolerations,
      prediction: { ...wide.prediction, lost: names },
    }),
    pick: modals.pickModal({
      ...origin,
      button: 'patch',
      choices: names.map((name) => name.slice(-150)),
    }),
    'pick none': modals.pickModal({ ...origin, button: 'patch', choices: names }),
    fix: modals.showFixModal(
      names.map((name) => ({
        daemonSets: [long, name],
        snippet: 'a: 1\n'.repeat(1000),
        where: text,
        answer: 'no',
      })),
    ),
  }
  for (const [name, modal] of Object.entries(all))
    expect({ name, found: problems('modal', modal) }).toEqual({ name, found: [] })
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
])('unknown metadata is not read: %s', (text) => {
  expect(readMetadata(text)).toBeUndefined()
})

it('metadata is read as it was written', () => {
  const metadata = {
    button: 'delete' as const,
    ...origin,
    target: 'a/b',
    shown: 'abc',
    actionId: 'act_1',
    confirmWord: 'b',
  }
  expect(readMetadata(writeMetadata(metadata))).toEqual(metadata)
})
