import type { Words } from './words.ts'

/** What a function returns that may refuse: its value, or why there is none, in words for whoever asked. */
export type Result<Value, Why = Words> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly why: Why }

export function success<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value }
}

export function refusal<Why = Words>(why: Why): { readonly ok: false; readonly why: Why } {
  return { ok: false, why }
}
