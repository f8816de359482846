/** The reason why a Web API method answers `ok: false`: Slack's error code, and what else the answer carries. */
export class SlackError extends Error {
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, details: Readonly<Record<string, unknown>> = {}) {
    super(code)
    this.code = code
    this.details = details
  }
}
