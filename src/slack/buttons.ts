import type { ActionsBlock, Button, PlainTextOption } from '@slack/web-api'
import { advisedButtons, recommendedButtons } from './advice.ts'
import type { IncidentView } from './incident-view.ts'
import { ACTION_PREFIX, type ButtonName, writeButtonValue } from './interactions.ts'
import { LIMITS } from './limits.ts'
import { cutMiddle, plainText } from './text.ts'

interface Choice {
  readonly button: ButtonName
  readonly actionId?: string
}

const mostButtons = 3
/** Label characters, over all buttons, that fit in two rows on a phone, the menu too. */
const rowLength = 40
/** Width of the menu's icon, in the same unit. */
const menuLength = 4

/** An ellipsis: a modal asks before anything changes. */
const labels: Readonly<Record<ButtonName, string>> = {
  silence: 'Silence…',
  patch: 'Add toleration…',
  recount: 'Recount…',
  delete: 'Delete pod…',
  recheck: 'Recheck',
  'end-silence': 'End silence…',
  undo: 'Undo patch…',
  'show-fix': 'Show fix',
}

/**
 * What screen readers read after the label. The label comes first, so that somebody who speaks it
 * presses the button: https://www.w3.org/WAI/WCAG22/Understanding/label-in-name
 */
const accessibilityNotes: Readonly<Record<ButtonName, string>> = {
  silence: 'asks for how long',
  patch: 'shows the change first',
  recount: 'shows the effect first',
  delete: 'shows the pods first',
  recheck: 'reads the cluster again',
  'end-silence': 'asks first',
  undo: 'shows the effect first',
  'show-fix': 'the YAML to copy',
}

/**
 * At most three buttons and a menu of five. undefined while an action is in progress: Slack has no
 * disabled buttons.
 */
export function actionsBlock(view: IncidentView, blockId: string): ActionsBlock | undefined {
  if (view.busy) return undefined
  const all = choices(view)
  if (all.length === 0) return undefined
  const shown = all.filter((choice) => !isMenuOnly(view, choice))
  const buttons = shown.slice(0, buttonCount(view, shown, all.length))
  const rest = all.filter((choice) => !buttons.includes(choice)).slice(0, LIMITS.overflowOptions)
  const elements: ActionsBlock['elements'] = buttons.map((choice) => button(view, choice))
  if (rest.length > 0) {
    elements.push({
      type: 'overflow',
      action_id: `${ACTION_PREFIX}menu`,
      options: rest.map((choice) => option(view, choice)),
    })
  }
  return { type: 'actions', block_id: blockId, elements }
}

/** A deletion that is no answer to what the message asks or advises is not beside the others. */
function isMenuOnly(view: IncidentView, { button }: Choice): boolean {
  return button === 'delete' && !advisedButtons(view).includes(button)
}

function buttonCount(view: IncidentView, shown: readonly Choice[], all: number): number {
  const buttons = shown.slice(0, mostButtons)
  const length = buttons.reduce((sum, { button }) => sum + labelOf(view, button).length, 0)
  const menu = all > buttons.length ? menuLength : 0
  return length + menu <= rowLength ? mostButtons : mostButtons - 1
}

function labelOf({ silenced }: IncidentView, button: ButtonName): string {
  return button === 'silence' && silenced ? 'Silence rest…' : labels[button]
}

/** First the buttons that undo an action, where the button that started it was; Recheck last. */
function choices(view: IncidentView): Choice[] {
  const found: Choice[] = [
    ...endSilence(view),
    ...distinct(view.undoable).map((actionId) => ({ button: 'undo' as const, actionId })),
    ...view.buttons.map((button) => ({ button })),
  ].slice(0, LIMITS.overflowOptions)
  return view.state === 'closed' ? found : [...found, { button: 'recheck' }]
}

/** One button, also for several silences: its modal asks which of them. */
function endSilence({ silences }: IncidentView): Choice[] {
  const [only] = silences
  if (!only) return []
  const button = 'end-silence' as const
  return [silences.length === 1 ? { button, actionId: only.actionId } : { button }]
}

function distinct(actions: readonly { readonly actionId: string }[]): string[] {
  return [...new Set(actions.map(({ actionId }) => actionId))]
}

function button(view: IncidentView, choice: Choice): Button {
  const { button, actionId } = choice
  const [only] = view.daemonSets
  const set = only && view.daemonSets.length === 1 ? `, ${only.namespace}/${only.name}` : ''
  const style = styleOf(view, button)
  return {
    type: 'button',
    action_id: `${ACTION_PREFIX}${button}${actionId === undefined ? '' : `.${actionId}`}`,
    text: plainText(labelOf(view, button)),
    value: value(view, choice),
    accessibility_label: cutMiddle(
      `${labelOf(view, button)}: ${accessibilityNotes[button]}${set}`,
      LIMITS.accessibilityLabel,
    ),
    ...(style ? { style } : {}),
  }
}

function styleOf(view: IncidentView, button: ButtonName): Button['style'] {
  if (button === 'delete') return 'danger'
  return recommendedButtons(view).some((advised) => advised === button) ? 'primary' : undefined
}

function option(view: IncidentView, choice: Choice): PlainTextOption {
  return { text: plainText(labelOf(view, choice.button)), value: value(view, choice) }
}

function value(view: IncidentView, choice: Choice): string {
  return writeButtonValue({ ...choice, incidentId: view.incidentId, rev: view.rev })
}
