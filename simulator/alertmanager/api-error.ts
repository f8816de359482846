/**
 * A refusal of Alertmanager's API. It has two shapes: the generated server's `{code, message}` for bodies that break the schema, and a
 * bare JSON string for what the handlers refuse.
 */
export class ApiError extends Error {
  readonly status: 400 | 404 | 415 | 422 | 500
  /** Of the generated server; undefined: a bare string. */
  readonly code: number | undefined
  constructor(status: ApiError['status'], message: string, code?: number) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
  }
  body(): unknown {
    return this.code === undefined ? this.message : { code: this.code, message: this.message }
  }
}
