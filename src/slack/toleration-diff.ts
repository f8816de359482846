import type { Toleration } from '../kubernetes/objects.ts'

type Tolerations = readonly Toleration[] | undefined

/** Unchanged tolerations beyond this many are counted, not shown. */
const contextShown = 2

/** The change of a toleration list as a diff of its YAML, short enough to be read on a phone. */
export function tolerationDiff(from: Tolerations, to: Tolerations): string {
  const before = from ?? []
  const after = to ?? []
  const kept = before.filter((toleration) => includes(after, toleration))
  const shown = kept.slice(-contextShown)
  const hidden = kept.length - shown.length
  return [
    '  tolerations:',
    ...(hidden > 0 ? [`  # ${hidden} more, unchanged`] : []),
    ...shown.flatMap((toleration) => item(' ', toleration)),
    ...before
      .filter((toleration) => !includes(after, toleration))
      .flatMap((toleration) => item('-', toleration)),
    ...after
      .filter((toleration) => !includes(before, toleration))
      .flatMap((toleration) => item('+', toleration)),
  ].join('\n')
}

const fields = ['key', 'operator', 'value', 'effect', 'tolerationSeconds'] as const

function item(sign: string, toleration: Toleration): string[] {
  const lines = fields.flatMap((field) => {
    const value = toleration[field]
    return value === undefined || value === null ? [] : [`${field}: ${scalar(value)}`]
  })
  return (lines.length > 0 ? lines : ['{}']).map(
    (line, index) => `${sign} ${index === 0 ? '- ' : '  '}${line}`,
  )
}

/** YAML of a string or number: quoted wherever YAML would read anything but that string. */
function scalar(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const plain =
    /^[A-Za-z][\w./-]*$/.test(value) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(value)
  return plain ? value : JSON.stringify(value)
}

function includes(list: readonly Toleration[], toleration: Toleration): boolean {
  const wanted = fields.map((field) => toleration[field] ?? null).join('\n')
  return list.some((one) => fields.map((field) => one[field] ?? null).join('\n') === wanted)
}
