import { isLabelKey, isLabelValue } from '../daemonset/label-syntax.ts'
import type { Change } from '../daemonset/predict.ts'
import type { Toleration } from '../kubernetes/objects.ts'
import { UsageError } from './usage-error.ts'

const EFFECTS: readonly string[] = ['NoSchedule', 'NoExecute', 'PreferNoSchedule']

/** Reads a taint as `kubectl taint` does: `key[=value]:Effect` puts it on, `key[:Effect]-` takes it off. */
export function parseTaintChange(text: string, nodes: readonly string[]): Change {
  const removes = text.endsWith('-')
  const { key, value, effect } = parseParts(removes ? text.slice(0, -1) : text)
  if (removes && value === undefined)
    return { kind: 'remove-taint', nodes, key, ...(effect ? { effect } : {}) }
  if (removes)
    throw new UsageError(
      `${text} takes a taint off by key and effect, without a value: ${key}:NoSchedule-`,
    )
  if (!effect)
    throw new UsageError(
      `${text} has no effect. Write key[=value]:Effect, for example ${key}:NoSchedule`,
    )
  return { kind: 'taint', nodes, taint: { key, ...(value ? { value } : {}), effect } }
}

/** Reads a toleration: `key[=value][:Effect]`. Without a value it tolerates every value, without an effect every effect. */
export function parseToleration(text: string): Toleration {
  const { key, value, effect } = parseParts(text)
  return {
    key,
    ...(value === undefined ? { operator: 'Exists' } : { operator: 'Equal', value }),
    ...(effect ? { effect } : {}),
  }
}

function parseParts(text: string): {
  readonly key: string
  readonly value: string | undefined
  readonly effect: string | undefined
} {
  const parts = /^([^=:]*)(?:=([^:]*))?(?::(.*))?$/.exec(text)
  const [, key = '', value, effect] = parts ?? []
  if (!isLabelKey(key))
    throw new UsageError(`${text} does not begin with a taint's key. Write key[=value]:Effect`)
  if (value !== undefined && !isLabelValue(value))
    throw new UsageError(
      `${value} cannot be the value of a taint: at most 63 letters, digits, - _ and .`,
    )
  if (effect !== undefined && !EFFECTS.includes(effect))
    throw new UsageError(`${effect} is not an effect; there are ${EFFECTS.join(', ')}`)
  return { key, value, effect }
}
