/** What a button, a menu entry or a modal asks for. */
export const PRESSES = [
  'silence',
  'patch',
  'recount',
  'delete',
  'recheck',
  'end-silence',
  'undo',
  'show-fix',
] as const
export type Press = (typeof PRESSES)[number]

/** What a button's value and a menu entry's value carry: where to look, never what to do in detail. */
export interface ButtonTarget {
  readonly press: Press
  readonly incidentId: string
  readonly rev: number
  /** The stored action that is to be ended or undone. */
  readonly actionId?: string
}

/** `action_id` of a button is this with the press; of the menu, `daemonset-triage.menu`. */
export const ACTION_PREFIX = 'daemonset-triage.'

export function targetValue({ press, incidentId, rev, actionId }: ButtonTarget): string {
  return JSON.stringify({
    p: press,
    i: incidentId,
    r: rev,
    ...(actionId === undefined ? {} : { a: actionId }),
  })
}

/** undefined where the value is not one of ours. */
export function readTarget(value: unknown): ButtonTarget | undefined {
  if (typeof value !== 'string') return undefined
  try {
    const read: unknown = JSON.parse(value)
    if (typeof read !== 'object' || read === null) return undefined
    const { p, i, r, a } = read as Readonly<Record<string, unknown>>
    const press = PRESSES.find((known) => known === p)
    if (
      !press ||
      typeof i !== 'string' ||
      i === '' ||
      typeof r !== 'number' ||
      !Number.isSafeInteger(r)
    )
      return undefined
    if (a !== undefined && typeof a !== 'string') return undefined
    return { press, incidentId: i, rev: r, ...(a === undefined ? {} : { actionId: a }) }
  } catch {
    return undefined
  }
}
