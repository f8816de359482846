import type { InputBlock } from '@slack/web-api'
import { counted, listed, plural, time, user, type Words, words } from '../words/words.ts'
import { LIMITS } from './limits.ts'
import { codeBlock, cutLine, formModal, type Modal, modalText, type Origin } from './modals.ts'
import { plainText } from './text.ts'

type Labels = Readonly<Record<string, string>>

interface SecondAlert {
  readonly alertname: string
  /** One set of matchers for each silence. */
  readonly matchers: readonly Labels[]
  /** Ticked if the silence hides no other problem. */
  readonly ticked: boolean
}

/** What is silenced now, the duration, the reason, and the matchers of the silences. */
export function silenceModal(
  draft: Origin & {
    /** One set of matchers for each silence. */
    readonly matchers: readonly Labels[]
    readonly matchingNow: readonly Labels[]
    readonly nodes: readonly string[]
    /** Hash of what the modal shows; it comes back with the submission. */
    readonly shown?: string
    /** Another alert that fires for the same pods. */
    readonly second?: SecondAlert
    /** What is silenced already. */
    readonly silenced?: Words
    /** Shown at the top. */
    readonly note?: Words
  },
): Modal {
  const { incidentId, rev, matchers, matchingNow, nodes, second, shown, silenced, note } = draft
  const metadata = {
    incidentId,
    rev,
    button: 'silence',
    ...(shown === undefined ? {} : { shown }),
  } as const
  return formModal(metadata, 'Silence the alert', 'Silence', [
    ...(note ? [modalText(words`⚠️ ${note}`)] : []),
    ...(silenced ? [modalText(silenced)] : []),
    modalText(matchingWords(matchingNow)),
    durationInput(nodes),
    ...(second ? [secondSilenceInput(second)] : []),
    reasonInput(),
    modalText(
      words`${counted(matchers.length, 'silence')} in Alertmanager with exactly these matchers:`,
    ),
    codeBlock(matcherSets(matchers), 2000),
  ])
}

interface ActiveSilence {
  readonly actionId: string
  /** Slack user ID. */
  readonly who: string
  /** RFC 3339. */
  readonly until: string
  readonly daemonSets: readonly string[]
}

const ENDED = words`If the alert still fires, Alertmanager notifies again at its next repeat interval.`

/** Asks before a silence ends; of several, which one or all. */
export function endSilenceModal({
  silences,
  ...origin
}: Origin & { readonly silences: readonly ActiveSilence[] }): Modal {
  const [only] = silences
  const metadata = {
    ...origin,
    button: 'end-silence' as const,
    ...(only && silences.length === 1 ? { actionId: only.actionId } : {}),
  }
  const lines = silences.map(
    ({ daemonSets, who, until }) =>
      words`${listed(daemonSets)}: silenced by ${user(who)} until ${time(until)}`,
  )
  return formModal(metadata, 'End silence', 'End silence', [
    ...lines.slice(0, LIMITS.choiceOptions).map(modalText),
    ...(silences.length > 1 ? [whichSilence(silences)] : []),
    modalText(ENDED),
  ])
}

function whichSilence(silences: readonly ActiveSilence[]): InputBlock {
  const all = { text: plainText(`All ${silences.length} silences`), value: 'all' }
  const single = silences.slice(0, LIMITS.choiceOptions - 1).map(({ actionId, daemonSets }) => ({
    text: plainText(cutLine(listed(daemonSets, 1), LIMITS.optionText)),
    value: actionId,
  }))
  return {
    type: 'input',
    block_id: 'pick',
    label: plainText('Which silence?'),
    element: {
      type: 'radio_buttons',
      action_id: 'v',
      options: [all, ...single],
      initial_option: all,
    },
  }
}

/** What ends on its own is preselected: nobody has to choose at night. */
function durationInput(nodes: readonly string[]): InputBlock {
  const fixed = [
    { text: plainText('1 hour'), value: '1h' },
    { text: plainText('4 hours'), value: '4h' },
    { text: plainText('24 hours'), value: '24h' },
  ]
  const untilNodesGone = {
    text: plainText('Until these nodes are gone, 24 h at most'),
    value: 'nodes',
    description: plainText(cutLine(listed(nodes, 1), LIMITS.optionText)),
  }
  const options = nodes.length > 0 ? [untilNodesGone, ...fixed] : fixed
  return {
    type: 'input',
    block_id: 'duration',
    label: plainText('Duration'),
    element: {
      type: 'radio_buttons',
      action_id: 'v',
      options,
      ...(options[0] ? { initial_option: options[0] } : {}),
    },
  }
}

function reasonInput(): InputBlock {
  return {
    type: 'input',
    block_id: 'reason',
    optional: true,
    label: plainText('Reason'),
    hint: plainText("Added to the silence's comment and posted in the thread."),
    element: { type: 'plain_text_input', action_id: 'v', max_length: 300 },
  }
}

function secondSilenceInput({ alertname, matchers, ticked }: SecondAlert): InputBlock {
  const names = matchers.map(({ namespace, daemonset }) => `${namespace}/${daemonset}`)
  const option = {
    text: plainText(cutLine([alertname], LIMITS.optionText)),
    value: 'yes',
    description: plainText(cutLine(listed(names, 1), LIMITS.optionText)),
  }
  const reason = ticked
    ? 'It fires for the same pods and for nothing else.'
    : 'It fires for the same pods, and because the rollout has not finished. A silence hides both.'
  return {
    type: 'input',
    block_id: 'second',
    optional: true,
    label: plainText('Also silence'),
    hint: plainText(`${reason} Same matchers except alertname. Both silences end together.`),
    element: {
      type: 'checkboxes',
      action_id: 'v',
      options: [option],
      ...(ticked ? { initial_options: [option] } : {}),
    },
  }
}

/** The first 5 sets, with an empty line between them. */
function matcherSets(matchers: readonly Labels[]): string {
  const sets = matchers.slice(0, 5).map((labels) =>
    Object.entries(labels)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join('\n'),
  )
  if (matchers.length > sets.length) sets.push(`… ${matchers.length - sets.length} more`)
  return sets.join('\n\n')
}

function matchingWords(alerts: readonly Labels[]): Words {
  if (alerts.length === 0) return words`No alert matches the silence right now.`
  const names = [
    ...new Set(alerts.map(({ namespace = '', daemonset = '' }) => `${namespace}/${daemonset}`)),
  ]
  return words`Silences ${counted(alerts.length, 'alert')} that ${plural(alerts.length, 'fires', 'fire')} now: ${listed(names, 5)}. Its message stays open.`
}
