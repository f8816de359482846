import { CORE_SCHEMA, load, YAML11_SCHEMA } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { yamlItems, yamlScalar, yamlUnder } from '../src/words/yaml.ts'

const ODD = [
  'true',
  'No',
  'null',
  '~',
  '',
  '1e3',
  '0x1f',
  '007',
  '2026-11-24',
  '.inf',
  'a: b',
  'a #b',
  '- a',
  '*a',
  '&a',
  '!a',
  '%a',
  '@a',
  '`a',
  '{a}',
  '[a]',
  'a,b',
  ' a ',
  'a"b',
  'a\nb',
  'ü',
  '/',
  '=',
  '<<',
]

describe('a YAML scalar', () => {
  it.each(ODD)('is read back as %j, as a value, in a list and as a key', (text) => {
    for (const schema of [CORE_SCHEMA, YAML11_SCHEMA]) {
      expect(load(`a: ${yamlScalar(text)}`, { schema })).toEqual({ a: text })
      expect(load(`[${yamlScalar(text)}]`, { schema })).toEqual([text])
      expect(load(`${yamlScalar(text)}: 1`, { schema })).toEqual({ [text]: 1 })
    }
  })

  it.each(['nvidia.com/gpu', 'NoSchedule', 'node-role.kubernetes.io/control-plane', 'a_b'])(
    'is not quoted without need: %s',
    (text) => expect(yamlScalar(text)).toBe(text),
  )
})

describe('YAML items', () => {
  it('are flat maps without empty fields', () => {
    const items = [{ key: 'a', value: '', effect: undefined, seconds: 0 }, {}]
    expect(yamlItems(items)).toEqual(['- key: a', '  seconds: 0', '- {}'])
  })

  it('can be put under a path', () => {
    const lines = yamlUnder('spec.no.items', yamlItems([{ key: 'a' }]))
    expect(load(lines.join('\n'))).toEqual({ spec: { no: { items: [{ key: 'a' }] } } })
  })
})
