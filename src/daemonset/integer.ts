const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)

/** The integer as Go's `strconv.ParseInt(text, 10, 64)` reads it: optional sign, leading zeros allowed; undefined where it fails. */
export function parseInt64(text: string): bigint | undefined {
  return /^[+-]?[0-9]+$/.test(text) ? inRange(BigInt(text.replace(/^\+/, ''))) : undefined
}

/** The integer if the text is its canonical form (`0`, or no leading zero, no `+`, no `-0`) and fits int64. */
export function parseCanonicalInt64(text: string): bigint | undefined {
  return /^(0|-?[1-9][0-9]*)$/.test(text) ? inRange(BigInt(text)) : undefined
}

function inRange(value: bigint): bigint | undefined {
  return value >= MIN && value <= MAX ? value : undefined
}
