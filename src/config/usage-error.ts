/**
 * The command line or the environment asks for something impossible; the message names what to
 * change. The process exits with status 2.
 */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
  }
}
