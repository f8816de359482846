import { describe, expect, test } from 'vitest'
import { consoleLog } from '../src/telemetry/console-log.ts'
import type { Log } from '../src/telemetry/log.ts'
import { nodeLog } from '../src/telemetry/node-log.ts'

describe.each([
  ['Node', nodeLog],
  ['Workers', consoleLog],
] as const)('the log on %s', (_, make) => {
  function logged(
    level: string,
    secrets: readonly string[],
    write: (log: Log) => void,
  ): readonly string[] {
    const lines: string[] = []
    write(make(level, secrets, (line) => lines.push(line)))
    return lines
  }

  test('writes one JSON object a line, with time, level, message and fields', () => {
    const [line] = logged('info', [], (log) => log.warn({ incident: 'i1' }, 'two\nlines'))
    expect(line?.trimEnd()).not.toContain('\n')
    expect(JSON.parse(line ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      incident: 'i1',
      msg: 'two\nlines',
    })
  })

  test('leaves out what is below the level', () => {
    expect(
      logged('warn', [], (log) => {
        log.debug({}, 'a')
        log.info({}, 'b')
        log.error({}, 'c')
      }),
    ).toHaveLength(1)
  })

  test('writes an error with its code and its cause', () => {
    const cause = Object.assign(new Error('disk full'), { code: 'ENOSPC' })
    const error = new TypeError('the database could not be written', { cause })
    const [line] = logged('info', [], (log) => log.error({ err: error }, 'failed'))
    expect(JSON.parse(line ?? '').err).toEqual({
      type: 'TypeError',
      message: 'the database could not be written',
      stack: expect.stringContaining('log.test'),
      cause: {
        type: 'Error',
        message: 'disk full',
        stack: expect.stringContaining('log.test'),
        code: 'ENOSPC',
      },
    })
  })

  test('writes no secret: neither a given one nor what looks like one', () => {
    const lines = logged('info', ['s3cret"token'], (log) => {
      log.info({ deep: { list: ['a s3cret"token here'] } }, 's3cret"token')
      log.info(
        { url: 'https://me:pass@host/x', header: 'Bearer abcdefgh12345678' },
        'xoxb-123-456-abc and xapp-1-A-2',
      )
    })
    expect(lines.join()).not.toMatch(/s3cret|pass@|abcdefgh|xoxb-1|xapp-1/)
    expect(JSON.parse(lines[0] ?? '').deep.list[0]).toBe('a [redacted] here')
    expect(JSON.parse(lines[1] ?? '').url).toBe('https://[redacted]@host/x')
  })
})
