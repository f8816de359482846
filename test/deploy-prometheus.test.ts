import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prometheusMetrics } from '../src/telemetry/prometheus-metrics.ts'
import { readYaml, readYamlDocuments } from './read-yaml.ts'

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly expr: string; readonly labels: object }[]
  }[]
}

const read = (path: string) => readFileSync(join(import.meta.dirname, '../deploy', path), 'utf8')
const plain = readYaml<Rules>(read('prometheus/daemonset-triage.rules.yaml'))
const operator = readYaml<{ readonly spec: Rules }>(read('prometheus/rules.yaml'))
const monitor = readYaml<{
  readonly metadata: { readonly namespace: string }
  readonly spec: {
    readonly selector: { readonly matchLabels: object }
    readonly endpoints: readonly { readonly port: string }[]
  }
}>(read('prometheus/service-monitor.yaml'))

test('the rule file and the operator’s rule are one rule', () => {
  expect(operator.spec).toEqual(plain)
})

test('the alert is the one that the bot answers, and waits as long as the stock one', () => {
  const rule = plain.groups[0]?.rules[0]
  expect(rule).toMatchObject({ alert: 'KubeDaemonSetMisScheduled', for: '15m' })
  expect(rule?.labels).toEqual({ severity: 'warning', source: 'daemonset-triage' })
})

test('every metric of ours that the rule asks for is exported under that name', async () => {
  const metrics = prometheusMetrics()
  await metrics.exposition()
  metrics.numberMisscheduled.set({ namespace: 'logging', daemonset: 'agent' }, 1)
  const text = (await metrics.exposition())?.text ?? ''
  const expression = plain.groups[0]?.rules[0]?.expr ?? ''
  const asked = [...expression.matchAll(/daemonset_triage_\w+/g)].map(([name]) => name)
  expect(asked).toEqual(['daemonset_triage_number_misscheduled'])
  expect(text).toContain(
    'daemonset_triage_number_misscheduled{namespace="logging",daemonset="agent"} 1',
  )
})

test('the monitor finds the bot’s Service and keeps the labels of the series', () => {
  const service = readYamlDocuments<{
    readonly kind: string
    readonly metadata: { readonly namespace: string; readonly labels: object }
    readonly spec: { readonly ports: readonly { readonly name: string }[] }
  }>(read('kubernetes/bot.yaml')).find(({ kind }) => kind === 'Service')
  expect(monitor.metadata.namespace).toBe(service?.metadata.namespace)
  expect(service?.metadata.labels).toMatchObject(monitor.spec.selector.matchLabels)
  expect(monitor.spec.endpoints).toMatchObject([{ path: '/metrics', honorLabels: true }])
  expect(service?.spec.ports.map(({ name }) => name)).toContain(monitor.spec.endpoints[0]?.port)
})
