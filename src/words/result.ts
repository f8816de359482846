import type { Words } from './words.ts'

/** The result of a function that may refuse: a value, or why there is none. */
export type Result<Value, Why = Words> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly why: Why }

/** A `Result` with a value. */
export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value }
}

/** A `Result` without a value; `why` is shown to the person who asked. */
export function refusal<Why = Words>(why: Why): { readonly ok: false; readonly why: Why } {
  return { ok: false, why }
}
