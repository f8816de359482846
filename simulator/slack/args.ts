export type Args = Readonly<Record<string, unknown>>

/** A JSON object, as opposed to a list, a scalar or null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
