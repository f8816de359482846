/** One violation: where (a JSON pointer into the payload), what, and the error code that Slack answers with. */
export interface Problem {
  readonly pointer: string
  readonly message: string
  readonly error: string
}

/** Checks one value and reports what is wrong with it; messages are worded as Slack words them in `response_metadata.messages`. */
export type Rule = (value: unknown, pointer: string, report: Report) => void
export type Report = (pointer: string, message: string, error?: string) => void
export type Fields = Readonly<Record<string, Rule>>

/** An array of `least` to `most` items. */
export function list(item: Rule, most: number, least = 1): Rule {
  return (value, pointer, report) => {
    if (!Array.isArray(value)) return report(pointer, 'must provide an array')
    if (value.length < least) report(pointer, `no less than ${least} items allowed`)
    if (value.length > most) report(pointer, `no more than ${most} items allowed`)
    value.forEach((entry: unknown, index) => {
      item(entry, `${pointer}/${index}`, report)
    })
  }
}

/** A string of `least` to `most` UTF-16 units. */
export function string(most: number, least = 1): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'string') return report(pointer, 'must provide a string')
    if (value.length < least) report(pointer, `must be more than ${least - 1} characters`)
    if (value.length > most) report(pointer, `must be less than ${most + 1} characters`)
  }
}

export function oneOf(...allowed: readonly unknown[]): Rule {
  return (value, pointer, report) => {
    if (!allowed.includes(value))
      report(pointer, `must be one of ${allowed.map(String).join(', ')}`)
  }
}

export function integer(least: number, most: number): Rule {
  return (value, pointer, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value))
      return report(pointer, 'must provide an integer')
    if (value < least || value > most) report(pointer, `must be between ${least} and ${most}`)
  }
}

export const boolean: Rule = (value, pointer, report) => {
  if (typeof value !== 'boolean') report(pointer, 'must provide a boolean')
}

/** An object with exactly these fields; an unknown field is reported, since Slack refuses the whole payload for it. */
export function object(required: Fields, optional: Fields = {}): Rule {
  return (value, pointer, report) => {
    if (!isRecord(value)) return report(pointer, 'must provide an object')
    for (const name of Object.keys(required))
      if (value[name] === undefined) report(pointer, `missing required field: ${name}`)
    for (const [name, entry] of Object.entries(value)) {
      if (entry === undefined) continue
      const rule = required[name] ?? optional[name]
      if (rule) rule(entry, `${pointer}/${escapePointer(name)}`, report)
      else report(pointer, `invalid additional property: ${name}`)
    }
  }
}

/** An object whose `type` picks its rule. */
export function byType(rules: Readonly<Record<string, Rule>>): Rule {
  return (value, pointer, report) => {
    if (!isRecord(value)) return report(pointer, 'must provide an object')
    const rule =
      typeof value.type === 'string' && Object.hasOwn(rules, value.type)
        ? rules[value.type]
        : undefined
    if (rule) rule(value, pointer, report)
    else report(`${pointer}/type`, `unsupported type: ${String(value.type)}`)
  }
}

/** All of the rules; the first ones report first. */
export function all(...rules: readonly Rule[]): Rule {
  return (value, pointer, report) => {
    for (const rule of rules) rule(value, pointer, report)
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
