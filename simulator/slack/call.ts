/** Arguments of a call, decoded. Unchecked: they come from the app. */
export type Args = Readonly<Record<string, unknown>>

/** A JSON object, as opposed to an array, a scalar or null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Makes a call answer `ok: false`, with Slack's error code and further response fields. */
export class SlackError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, details: Readonly<Record<string, unknown>> = {}) {
    super(code)
    this.code = code
    this.details = details
  }
}
