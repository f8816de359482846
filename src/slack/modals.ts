import type { InputBlock, KnownBlock, ModalView } from '@slack/web-api'
import type { Outcome } from '../daemonset/predict.ts'
import type { Toleration } from '../kubernetes/objects.ts'
import { code, listed, type Words, words } from '../triage/words.ts'
import { LIMITS } from './block-kit.ts'
import { cutMiddle, preformatted } from './draw.ts'
import type { ModalMetadata } from './metadata.ts'
import { agreement, block, cutLine, form, modal, plain, text } from './modal-parts.ts'
import type { Press } from './press.ts'
import { tolerationDiff } from './toleration-diff.ts'

export type Modal = ModalView
type Labels = Readonly<Record<string, string>>
interface Origin {
  readonly incidentId: string
  readonly rev: number
}

/** What every dialog of a change shows: whom it is about, what the simulation says, what the API server said to a dry run. */
export interface ChangeDraft extends Origin {
  /** `namespace/name`. */
  readonly target: string
  /** Of all that is shown here: a submission of anything else is not carried out. */
  readonly shown: string
  readonly outcome: Outcome
  readonly dryRun: { readonly verdict: 'accepted' } | { readonly verdict: 'refused' | 'unchecked'; readonly why: string }
  /** Shown on top, e.g. that this has changed since it was last looked at. */
  readonly note?: Words
}

/** Opened at once, while the trigger lives. */
export function checkingModal(): Modal {
  return modal('Checking…', [text(words`⏳ Reading the cluster as it is now.`)], 'Close')
}

/** The answer to a submission, until it is known what came of it. */
export function applyingModal(): Modal {
  return modal('Applying…', [text(words`⏳ You may close this: the outcome is told in the thread too.`)], 'Close')
}

export function resultModal(result: { readonly title: string; readonly text: Words }): Modal {
  return modal(result.title, [text(words`✅ ${result.text}`)], 'Close')
}

/** What the presser reads where nothing was done. */
export function refusedModal(why: Words): Modal {
  return modal('Not done', [text(words`⛔ ${why}`)], 'Close')
}

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
    { text: plain('1 hour'), value: '1h' },
    { text: plain('4 hours'), value: '4h' },
    { text: plain('24 hours'), value: '24h' },
  ]
  const which = plain(cutLine(listed(nodes, 1), LIMITS.optionText))
  const following = { text: plain('Until these nodes are gone, 24 hours at most'), value: 'nodes', description: which }
  const options = nodes.length > 0 ? [...fixed, following] : fixed
  const duration: InputBlock = {
    type: 'input',
    block_id: 'duration',
    label: plain('For how long'),
    element: { type: 'radio_buttons', action_id: 'v', options },
  }
  const reason: InputBlock = {
    type: 'input',
    block_id: 'reason',
    optional: true,
    label: plain('Reason'),
    hint: plain('Kept in the silence’s comment and in the thread.'),
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
        matchers.slice(0, 5).map(matcherLines).join('\n\n') + (matchers.length > 5 ? `\n\n… ${matchers.length - 5} more` : ''),
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
    text: plain(cutLine([alertname], LIMITS.optionText)),
    value: 'yes',
    description: plain(cutLine(listed(names, 1), LIMITS.optionText)),
  }
  const why = ticked
    ? 'It fires for the same pods and for nothing else. Same labels but for the name; ended together.'
    : 'It fires for the same pods, and also because the roll-out itself has not finished: silenced, that is not heard either. Same labels but for the name; ended together.'
  return {
    type: 'input',
    block_id: 'second',
    optional: true,
    label: plain('Silence this too'),
    hint: plain(why),
    element: {
      type: 'checkboxes',
      action_id: 'v',
      options: [option],
      ...(ticked ? { initial_options: [option] } : {}),
    },
  }
}

export function patchModal(
  draft: ChangeDraft & {
    readonly from: readonly Toleration[] | undefined
    readonly to: readonly Toleration[] | undefined
    readonly revert: string
  },
): Modal {
  const name = code(draft.target)
  return changeForm(draft, 'patch', 'Add toleration', 'Add toleration', [
    text(words`The toleration list of ${name}:`),
    block(preformatted(tolerationDiff(draft.from, draft.to), 2500)),
    text(simulation(draft.outcome)),
    dryRunBlock(draft),
    ...(draft.revert ? [text(words`⚠️ ${draft.revert}`)] : []),
    agreement(`I have read this: change ${draft.target}`),
  ])
}

export function deleteModal(draft: ChangeDraft & { readonly pods: readonly string[]; readonly confirmWord: string }): Modal {
  const { pods, confirmWord } = draft
  const typed: InputBlock = {
    type: 'input',
    block_id: 'confirm',
    label: plain(cutLine([`Type ${confirmWord} to delete`], 200)),
    element: { type: 'plain_text_input', action_id: 'v', max_length: LIMITS.id },
  }
  const what = pods.length === 1 ? 'this pod' : `these ${pods.length} pods`
  return changeForm({ ...draft, confirmWord }, 'delete', pods.length === 1 ? 'Delete pod' : 'Delete pods', 'Delete', [
    text(
      words`⚠️ Deletes ${what} of ${code(draft.target)}. It cannot be undone: nothing brings a pod back to a node that the DaemonSet does not want.`,
    ),
    block(preformatted(pods.join('\n'), 1500)),
    text(simulation(draft.outcome)),
    dryRunBlock(draft),
    typed,
  ])
}

export function recountModal(draft: ChangeDraft): Modal {
  return changeForm(draft, 'recount', 'Recount', 'Recount', [
    text(
      words`Sets an annotation of ${code(draft.target)}, so that the controller looks at it and counts again. No pod restarts.`,
    ),
    text(simulation(draft.outcome)),
    dryRunBlock(draft),
  ])
}

/** Ending a silence, undoing a patch: one sentence and a button. */
export function confirmModal(
  draft: Origin & {
    readonly press: Press
    readonly actionId: string
    readonly title: string
    readonly submit: string
    readonly text: Words
  },
): Modal {
  return form(draft, draft.title, draft.submit, [text(draft.text)])
}

/** Which of several DaemonSets. Names too long for an option are left out and counted. */
export function pickModal(draft: Origin & { readonly press: Press; readonly choices: readonly string[] }): Modal {
  const fitting = draft.choices.filter((choice) => choice.length <= LIMITS.optionValue).slice(0, LIMITS.selectOptions)
  const left = draft.choices.length - fitting.length
  const options = fitting.map((choice) => ({ text: plain(cutMiddle(choice, LIMITS.optionText)), value: choice }))
  if (options.length === 0)
    return refusedModal(words`The names of these DaemonSets are too long for a menu of Slack’s. Use kubectl for this change.`)
  const pick: InputBlock = {
    type: 'input',
    block_id: 'pick',
    label: plain('DaemonSet'),
    element: { type: 'static_select', action_id: 'v', options },
  }
  return form(draft, 'Which DaemonSet?', 'Next', [
    pick,
    ...(left > 0 ? [text(words`${left} more do not fit into this menu.`)] : []),
  ])
}

/** YAML to copy, and where it goes. */
export function showFixModal(
  fixes: readonly { readonly namespace: string; readonly name: string; readonly snippet: string; readonly where: string }[],
): Modal {
  const shown = fixes.slice(0, 10)
  const rest = fixes.length - shown.length
  const blocks = shown.flatMap(({ namespace, name, snippet, where }) => [
    text(words`${code(`${namespace}/${name}`)}: ${where}`),
    block(preformatted(snippet, 2900)),
  ])
  return modal('The lasting fix', [...blocks, ...(rest > 0 ? [text(words`+${rest} more`)] : [])], 'Close')
}

function changeForm(
  draft: ChangeDraft & Pick<ModalMetadata, 'confirmWord'>,
  press: Press,
  title: string,
  submit: string,
  blocks: readonly KnownBlock[],
): Modal {
  const all = [...(draft.note ? [text(words`⚠️ ${draft.note}`)] : []), ...blocks]
  // What the API server refuses cannot be sent off: the dialog only tells why.
  if (draft.dryRun.verdict === 'refused')
    return modal(
      title,
      all.filter(({ type }) => type !== 'input'),
      'Close',
    )
  return form({ ...draft, press }, title, submit, all)
}

/** Before and after, as counted on the snapshot that was just read. */
function simulation(outcome: Outcome): Words {
  const { before, after, gained, podsRestarted, rolloutBlocked } = outcome
  const lines = [
    words`Simulated: misscheduled ${before.numberMisscheduled} → ${after.numberMisscheduled}, desired ${before.desiredNumberScheduled} → ${after.desiredNumberScheduled}.`,
    gained.length > 0
      ? words`${gained.length} ${gained.length === 1 ? 'node newly gets' : 'nodes newly get'} a pod: ${listed(gained, 5)}.`
      : words`No node newly gets a pod.`,
    podsRestarted > 0
      ? words`The roll-out restarts ${podsRestarted} ${podsRestarted === 1 ? 'pod' : 'pods'}.`
      : words`No running pod is restarted.`,
    ...(rolloutBlocked ? [words`⚠️ The roll-out would stop half-way: pods that are not available use up its limits.`] : []),
  ]
  return lines.flatMap((line, index) => (index === 0 ? line : ['\n', ...line]))
}

function dryRunBlock({ dryRun }: ChangeDraft): KnownBlock {
  switch (dryRun.verdict) {
    case 'accepted':
      return text(words`✅ Server-side dry run: accepted.`)
    case 'refused':
      return text(words`⛔ Server-side dry run: refused. ${dryRun.why}`)
    case 'unchecked':
      return text(words`❔ Server-side dry run: could not be checked. ${dryRun.why}`)
  }
}

function matcherLines(matchers: Labels): string {
  return Object.entries(matchers)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join('\n')
}

function matchingWords(alerts: readonly Labels[]): Words {
  if (alerts.length === 0) return words`No alert matches right now.`
  const names = [...new Set(alerts.map(({ namespace = '', daemonset = '' }) => `${namespace}/${daemonset}`))]
  return words`${alerts.length} ${alerts.length === 1 ? 'alert matches' : 'alerts match'} right now: ${listed(names, 5)}.`
}
