import { PRESSES, type Press } from './press.ts'

/** What a modal carries to its submission. Slack hands it back unchanged; it names what was shown and never what is to be done. */
export interface ModalMetadata {
  readonly press: Press
  readonly incidentId: string
  readonly rev: number
  readonly target?: string
  readonly shown?: string
  readonly actionId?: string
  /** What has to be typed before it may be sent off. */
  readonly confirmWord?: string
}

/** At most 3,000 characters, which no name that Kubernetes allows exceeds. */
export function writeMetadata({
  press,
  incidentId,
  rev,
  target,
  shown,
  actionId,
  confirmWord,
}: ModalMetadata): string {
  return JSON.stringify({
    p: press,
    i: incidentId,
    r: rev,
    t: target,
    h: shown,
    a: actionId,
    w: confirmWord,
  })
}

/** undefined where it is not one of ours. */
export function readMetadata(text: unknown): ModalMetadata | undefined {
  if (typeof text !== 'string') return undefined
  try {
    const read: unknown = JSON.parse(text)
    if (typeof read !== 'object' || read === null) return undefined
    const { p, i, r, t, h, a, w } = read as Readonly<Record<string, unknown>>
    const press = PRESSES.find((known) => known === p)
    if (
      !press ||
      typeof i !== 'string' ||
      i === '' ||
      typeof r !== 'number' ||
      !Number.isSafeInteger(r)
    )
      return undefined
    const optional = { target: t, shown: h, actionId: a, confirmWord: w }
    const given = Object.entries(optional).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    return { press, incidentId: i, rev: r, ...Object.fromEntries(given) }
  } catch {
    return undefined
  }
}
