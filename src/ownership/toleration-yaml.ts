import type { Toleration } from '../kubernetes/objects.ts'

/** A list of tolerations as lines of block YAML, in the API's order of fields. */
export function tolerationLines(tolerations: readonly Toleration[]): readonly string[] {
  return tolerations.flatMap(({ key, operator, value, effect, tolerationSeconds }) => {
    const fields = Object.entries({ key, operator, value, effect, tolerationSeconds }).flatMap(
      ([name, field]) =>
        field === undefined || field === null || field === ''
          ? []
          : [`${name}: ${typeof field === 'number' ? field : scalar(field)}`],
    )
    if (fields.length === 0) return ['- {}']
    return fields.map((field, index) => `${index === 0 ? '-' : ' '} ${field}`)
  })
}

/** Lines under a dotted path, two spaces deeper at each step. `inline` stands behind the last key: a scalar, or `|`. */
export function nested(path: string, lines: readonly string[], inline = ''): readonly string[] {
  const steps = path.split('.')
  return [
    ...steps.map(
      (step, depth) =>
        `${'  '.repeat(depth)}${scalar(step)}:${depth === steps.length - 1 && inline ? ` ${inline}` : ''}`,
    ),
    ...lines.map((line) => `${'  '.repeat(steps.length)}${line}`),
  ]
}

/** A string as a YAML scalar, in quotes where it could be read as something else. */
export function scalar(text: string): string {
  const plain =
    /^[A-Za-z][A-Za-z0-9._/-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
  return plain ? text : JSON.stringify(text)
}

/** Longhorn's form: `key=value:Effect`, `key:Effect` for Exists, with semicolons between. */
export function taintString(tolerations: readonly Toleration[]): string {
  return tolerations
    .map(
      ({ key = '', value, effect }) =>
        `${key}${value ? `=${value}` : ''}${effect ? `:${effect}` : ''}`,
    )
    .join(';')
}
