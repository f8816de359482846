import type { Ack, SubmitResult } from '../../slack/model.ts'
import type { Values } from '../../slack/values.ts'

/** The message or modal that contains a control. */
export interface Place {
  readonly user: string
  readonly ts?: string
  readonly viewId?: string
}

/** A control in a message or modal. */
export interface Target {
  readonly blockId: string
  readonly actionId: string
}

/** Input of a modal, by block_id. */
export type Entries = Readonly<Record<string, string | readonly string[]>>

/** Clicks a button. */
export const click = (place: Place, target: Target): Promise<Ack> =>
  post('/page/click', { ...place, ...target })

/** Chooses options or types text in a control that acts at once. */
export const pick = (
  place: Place,
  target: Target,
  choose: string | readonly string[],
): Promise<Ack | null> => post('/page/pick', { ...place, ...target, choose })

/** Submits a modal. */
export const submit = (user: string, viewId: string, values: Entries): Promise<SubmitResult> =>
  post('/page/submit', { user, viewId, values })

/** Closes a modal. */
export const close = (user: string, viewId: string): Promise<null> =>
  post('/page/close', { user, viewId })

/** Dismisses an ephemeral message. */
export const dismiss = (user: string, ts: string): Promise<null> =>
  post('/page/dismiss', { user, ts })

/** Starts a scenario. The note says what happened. */
export const startScenario = (id: string): Promise<{ note?: string }> => post(`/scenario/${id}`, {})

/** Runs a control of the side panel. The note says what happened. */
export const pressControl = (id: string): Promise<{ note?: string }> => post(`/control/${id}`, {})

/** The values of a modal in the form in which it is submitted. */
export function entriesOf(values: Values): Entries {
  return Object.fromEntries(
    Object.entries(values).flatMap(([blockId, actions]) =>
      Object.values(actions).map((value): [string, string | readonly string[]] => {
        if ('value' in value) return [blockId, value.value ?? '']
        if ('selected_options' in value)
          return [blockId, value.selected_options.map((option) => option.value)]
        return [blockId, value.selected_option ? value.selected_option.value : []]
      }),
    ),
  )
}

async function post<T>(path: string, body: object): Promise<T> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer: unknown = await response.json()
  if (!response.ok)
    throw new Error(errorOf(answer) ?? `The demo answered with status ${response.status}.`)
  return answer as T
}

function errorOf(answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null && 'error' in answer
    ? String(answer.error)
    : undefined
}
