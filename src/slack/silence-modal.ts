import type { InputBlock } from '@slack/web-api'
import { listed, type Words, words } from '../words/words.ts'
import { preformatted } from './draw.ts'
import { LIMITS } from './limits.ts'
import { block, cutLine, form, type Modal, type Origin, plainText, text } from './modal-parts.ts'

type Labels = Readonly<Record<string, string>>

/** Which silences would be made, which alerts they match now, how long, and why. One set of matchers for each silence. */
export function silenceModal(
  draft: Origin & {
    readonly matchers: readonly Labels[]
    readonly matchingNow: readonly Labels[]
    readonly nodes: readonly string[]
    /** Of all that is shown here; it comes back with the submission. */
    readonly shown?: string
    /** Another alert that fires along; `ticked` where silencing it hides nothing else. */
    readonly second?: {
      readonly alertname: string
      readonly matchers: readonly Labels[]
      readonly ticked: boolean
    }
    /** Shown on top. */
    readonly note?: Words
  },
): Modal {
  const { matchers, matchingNow, nodes, second, shown, note } = draft
  const fixed = [
    { text: plainText('1 hour'), value: '1h' },
    { text: plainText('4 hours'), value: '4h' },
    { text: plainText('24 hours'), value: '24h' },
  ]
  const which = plainText(cutLine(listed(nodes, 1), LIMITS.optionText))
  const following = {
    text: plainText('Until these nodes are gone, 24 hours at most'),
    value: 'nodes',
    description: which,
  }
  const options = nodes.length > 0 ? [...fixed, following] : fixed
  const duration: InputBlock = {
    type: 'input',
    block_id: 'duration',
    label: plainText('For how long'),
    element: { type: 'radio_buttons', action_id: 'v', options },
  }
  const reason: InputBlock = {
    type: 'input',
    block_id: 'reason',
    optional: true,
    label: plainText('Reason'),
    hint: plainText('Kept in the silence’s comment and in the thread.'),
    element: { type: 'plain_text_input', action_id: 'v', max_length: 300 },
  }
  const count = matchers.length === 1 ? 'A silence' : `${matchers.length} silences`
  const metadata = {
    incidentId: draft.incidentId,
    rev: draft.rev,
    press: 'silence',
    ...(shown === undefined ? {} : { shown }),
  } as const
  return form(metadata, 'Silence the alert', 'Silence', [
    ...(note ? [text(words`⚠️ ${note}`)] : []),
    text(words`${count} in Alertmanager, on exactly these labels:`),
    block(
      preformatted(
        matchers.slice(0, 5).map(matcherLines).join('\n\n') +
          (matchers.length > 5 ? `\n\n… ${matchers.length - 5} more` : ''),
        2000,
      ),
    ),
    text(matchingWords(matchingNow)),
    duration,
    ...(second ? [secondSilence(second)] : []),
    reason,
  ])
}

/** The box is ticked where it hides nothing; unticked, the hint says what it would hide. */
function secondSilence({
  alertname,
  matchers,
  ticked,
}: {
  readonly alertname: string
  readonly matchers: readonly Labels[]
  readonly ticked: boolean
}): InputBlock {
  const names = matchers.map(({ namespace, daemonset }) => `${namespace}/${daemonset}`)
  const option = {
    text: plainText(cutLine([alertname], LIMITS.optionText)),
    value: 'yes',
    description: plainText(cutLine(listed(names, 1), LIMITS.optionText)),
  }
  const why = ticked
    ? 'It fires for the same pods and for nothing else. Same labels but for the name; ended together.'
    : 'It fires for the same pods, and also because the roll-out itself has not finished: silenced, that is not heard either. Same labels but for the name; ended together.'
  return {
    type: 'input',
    block_id: 'second',
    optional: true,
    label: plainText('Silence this too'),
    hint: plainText(why),
    element: {
      type: 'checkboxes',
      action_id: 'v',
      options: [option],
      ...(ticked ? { initial_options: [option] } : {}),
    },
  }
}

function matcherLines(matchers: Labels): string {
  return Object.entries(matchers)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join('\n')
}

function matchingWords(alerts: readonly Labels[]): Words {
  if (alerts.length === 0) return words`No alert matches right now.`
  const names = [
    ...new Set(alerts.map(({ namespace = '', daemonset = '' }) => `${namespace}/${daemonset}`)),
  ]
  return words`${alerts.length} ${alerts.length === 1 ? 'alert matches' : 'alerts match'} right now: ${listed(names, 5)}.`
}
