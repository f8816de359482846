import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { part } from './parts.ts'
import { output } from './run.ts'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const promtool = async (...args: string[]) => output(await part('promtool'), args)

test('promtool accepts the rule file', async () => {
  expect(
    await promtool('check', 'rules', file('../../deploy/prometheus/daemonset-triage.rules.yaml')),
  ).toContain('SUCCESS: 1 rules found')
})

test('the alert fires only if the stock alert is missing or late', async () => {
  expect(await promtool('test', 'rules', file('prometheus-rules.promtool.yaml'))).toContain(
    'SUCCESS',
  )
})
