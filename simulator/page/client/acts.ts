import type { Ack } from '../../slack/delivery-report.ts'
import type { Values } from '../../slack/values.ts'
import type { Submission } from '../../slack/view-response.ts'

/** Where a control is: in a message or in a modal. */
export interface Place {
  readonly user: string
  readonly ts?: string
  readonly viewId?: string
}

export interface Target {
  readonly blockId: string
  readonly actionId: string
}

/** What was entered in a modal, by block_id. */
export type Entries = Readonly<Record<string, string | readonly string[]>>

export const click = (place: Place, target: Target): Promise<Ack> =>
  post('/page/click', { ...place, ...target })
export const pick = (
  place: Place,
  target: Target,
  choose: string | readonly string[],
): Promise<Ack | null> => post('/page/pick', { ...place, ...target, choose })
export const submit = (user: string, viewId: string, values: Entries): Promise<Submission> =>
  post('/page/submit', { user, viewId, values })
export const close = (user: string, viewId: string): Promise<null> =>
  post('/page/close', { user, viewId })
export const dismiss = (user: string, ts: string): Promise<null> =>
  post('/page/dismiss', { user, ts })
export const startScenario = (id: string): Promise<{ note?: string }> => post(`/scenario/${id}`, {})
export const pressControl = (id: string): Promise<{ note?: string }> => post(`/control/${id}`, {})

/** What the inputs of a modal hold now, in the form in which it is submitted. */
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
  if (!response.ok) throw new Error(reasonOf(answer) ?? `status ${response.status}`)
  return answer as T
}

function reasonOf(answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null && 'error' in answer
    ? String(answer.error)
    : undefined
}
