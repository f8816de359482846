import type { ActionsBlock, Button, PlainTextOption } from '@slack/web-api'
import { advisedButtons } from './advice.ts'
import { cutMiddle } from './draw.ts'
import { ACTION_PREFIX, type Press, targetValue } from './press.ts'
import type { IncidentView } from './view.ts'

interface Choice {
  readonly press: Press
  readonly actionId?: string
}

const mostButtons = 3
const menuEntries = 5
/** What fits into one row of a phone, in characters of all labels; the menu takes as much as a short label. */
const rowLength = 30
const menuLength = 4

/** An ellipsis says that a modal asks first. */
const labels: Readonly<Record<Press, string>> = {
  silence: 'Silence…',
  patch: 'Add toleration…',
  recount: 'Recount…',
  delete: 'Delete pod…',
  recheck: 'Recheck',
  'end-silence': 'End silence…',
  undo: 'Undo patch…',
  'show-fix': 'Show fix',
}

const spoken: Readonly<Record<Press, string>> = {
  silence: 'Review and silence the alert',
  patch: 'Review and add the missing toleration',
  recount: 'Have the controller count again',
  delete: 'Review and delete the pod',
  recheck: 'Look at the cluster again',
  'end-silence': 'End the silence',
  undo: 'Review and undo the patch',
  'show-fix': 'Show the lasting fix to copy',
}

/** At most three buttons and a menu; nothing while somebody is at it, for Slack has no disabled buttons. */
export function actionsBlock(view: IncidentView, blockId: string): ActionsBlock | undefined {
  if (view.busy) return undefined
  const all = choices(view)
  if (all.length === 0) return undefined
  const count = buttonCount(all)
  const rest = all.slice(count, count + menuEntries)
  const elements: ActionsBlock['elements'] = all
    .slice(0, count)
    .map((choice) => button(view, choice))
  if (rest.length > 0) {
    elements.push({
      type: 'overflow',
      action_id: `${ACTION_PREFIX}menu`,
      options: rest.map((choice) => option(view, choice)),
    })
  }
  return { type: 'actions', block_id: blockId, elements }
}

function buttonCount(all: readonly Choice[]): number {
  const length = (count: number): number =>
    all.slice(0, count).reduce((sum, { press }) => sum + labels[press].length, 0)
  const fits = (count: number): boolean =>
    length(count) + (all.length > count ? menuLength : 0) <= rowLength
  return fits(mostButtons) ? mostButtons : mostButtons - 1
}

function choices(view: IncidentView): Choice[] {
  const offered = view.buttons.filter((name) => name !== 'silence' || view.silences.length === 0)
  // What takes back stands where the button was that did it.
  const found: Choice[] = [
    ...distinct(view.silences).map((actionId) => ({ press: 'end-silence' as const, actionId })),
    ...distinct(view.undoable).map((actionId) => ({ press: 'undo' as const, actionId })),
    ...offered.map((press) => ({ press })),
  ].slice(0, menuEntries)
  return view.state === 'closed' ? found : [...found, { press: 'recheck' }]
}

function distinct(actions: readonly { readonly actionId: string }[]): string[] {
  return [...new Set(actions.map(({ actionId }) => actionId))]
}

function button(view: IncidentView, { press, actionId }: Choice): Button {
  const recommended = advisedButtons(view).some((advised) => advised === press)
  const set =
    view.daemonSets.length === 1 && view.daemonSets[0]
      ? `, ${view.daemonSets[0].namespace}/${view.daemonSets[0].name}`
      : ''
  return {
    type: 'button',
    action_id: `${ACTION_PREFIX}${press}${actionId === undefined ? '' : `.${actionId}`}`,
    text: { type: 'plain_text', emoji: false, text: labels[press] },
    value: value(view, { press, ...(actionId === undefined ? {} : { actionId }) }),
    accessibility_label: cutMiddle(`${spoken[press]}${set}`, 75),
    ...(press === 'delete'
      ? { style: 'danger' as const }
      : recommended
        ? { style: 'primary' as const }
        : {}),
  }
}

function option(view: IncidentView, choice: Choice): PlainTextOption {
  return {
    text: { type: 'plain_text', emoji: false, text: labels[choice.press] },
    value: value(view, choice),
  }
}

function value(view: IncidentView, choice: Choice): string {
  return targetValue({ ...choice, incidentId: view.incidentId, rev: view.rev })
}
