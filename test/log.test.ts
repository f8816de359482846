import { expect, test } from 'vitest'
import { jsonLog } from '../src/telemetry/log.ts'

function logged(
  level: string,
  secrets: readonly string[],
  write: (log: ReturnType<typeof jsonLog>) => void,
): string[] {
  const lines: string[] = []
  write(jsonLog(level, secrets, (line) => lines.push(line)))
  return lines
}

test('each line is one JSON object with time, level, message and fields', () => {
  const [line] = logged('info', [], (log) => log.warn({ incident: 'i1' }, 'two\nlines'))
  expect(line?.trimEnd()).not.toContain('\n')
  expect(JSON.parse(line ?? '')).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    incident: 'i1',
    msg: 'two\nlines',
  })
})

test('what is below the level is left out', () => {
  expect(
    logged('warn', [], (log) => [log.debug({}, 'a'), log.info({}, 'b'), log.error({}, 'c')]),
  ).toHaveLength(1)
})

test('an error is told with its cause', () => {
  const error = new Error('the database could not be written', { cause: new Error('disk full') })
  const [line] = logged('info', [], (log) => log.error({ err: error }, 'failed'))
  expect(JSON.parse(line ?? '').err).toMatchObject({
    message: expect.stringContaining('disk full'),
    stack: expect.stringContaining('log.test'),
  })
})

test('no secret is ever written: not those given, nor what has the form of one', () => {
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
