/**
 * A YAML scalar, quoted if a parser could read the plain text as anything but this string.
 *
 * The little YAML that messages show is written here: `dump` of js-yaml would add 10 KB to the
 * Worker's 197 KB (gzipped), `stringify` of yaml 17 KB.
 */
export function yamlScalar(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const plain =
    /^[A-Za-z][A-Za-z0-9._/-]*$/.test(value) &&
    !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
  return plain ? value : JSON.stringify(value)
}

type Item = Readonly<Record<string, string | number | null | undefined>>

/** Lines of a block list of flat maps. Fields that are undefined, null or empty are left out. */
export function yamlItems(items: readonly Item[]): readonly string[] {
  return items.flatMap((item) => {
    const fields = Object.entries(item).flatMap(([name, value]) =>
      value === undefined || value === null || value === ''
        ? []
        : [`${name}: ${yamlScalar(value)}`],
    )
    if (fields.length === 0) return ['- {}']
    return fields.map((field, index) => `${index === 0 ? '-' : ' '} ${field}`)
  })
}

/**
 * Lines of `value` below a dotted path such as `spec.template`, two spaces deeper for each key. A
 * key that ends in `[]` is a list, of which one item is written. `inline` follows the last key: a
 * scalar, or `|`.
 */
export function yamlUnder(path: string, value: readonly string[], inline = ''): readonly string[] {
  const keys = path.split('.')
  const lines: string[] = []
  let [first, indent] = ['', '']
  for (const [depth, key] of keys.entries()) {
    const isLast = depth === keys.length - 1
    const name = yamlScalar(key.replace(/\[\]$/, ''))
    lines.push(`${first}${name}:${isLast && inline ? ` ${inline}` : ''}`)
    first = `${indent}  ${key.endsWith('[]') ? '- ' : ''}`
    indent = ' '.repeat(first.length)
  }
  return [...lines, ...value.map((line) => `${indent}${line}`)]
}
