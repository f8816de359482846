import { describe, expect, it } from 'vitest'
import { problems } from '../simulator/slack/check-payload.ts'
import { viewOf } from '../src/incident/message/view.ts'
import type { DaemonSet, Node, Pod, Taint } from '../src/kubernetes/objects.ts'
import { incidentMessage, MESSAGE_FORMS, type Message } from '../src/slack/message.ts'
import { diagnoser } from '../src/triage/diagnose.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { explain } from '../src/triage/explain.ts'
import { everythingOffered } from './incident-world.ts'
import { daemonSet, NOW, node, noSchedule, pod, snapshot, unixSeconds } from './triage-world.ts'

const COUNT = 5000

/** 253 characters, Kubernetes' limit, distinct at both ends. */
const long = (index: number): string => {
  const number = String(index).padStart(4, '0')
  return `n${number}-${'x'.repeat(242)}-${number}`
}

/** From objects to the message, as in a round of the bot. */
function messages(taint: Taint, daemonSets: readonly DaemonSet[]): readonly Message[] {
  const names = Array.from({ length: COUNT }, (_, index) => long(index))
  const nodes: Node[] = names.map((name) =>
    node(name, { taints: [taint], taintsBy: ['kubectl-taint', NOW] }),
  )
  const pods: Pod[] = daemonSets.flatMap((one, index) =>
    names.map((name) => {
      const owned = pod(name)
      const owner = {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        name: one.metadata.name,
        uid: one.metadata.uid ?? '',
        controller: true,
      }
      return {
        ...owned,
        metadata: {
          ...owned.metadata,
          labels: { app: `app-${index}` },
          name: `${one.metadata.name}-${name}`,
          ownerReferences: [owner],
        },
      }
    }),
  )
  const diagnose = diagnoser(snapshot({ daemonSets, nodes, pods }))
  const diagnoses = daemonSets.map(({ metadata }) =>
    diagnose({ namespace: metadata.namespace ?? '', name: metadata.name }),
  )
  return MESSAGE_FORMS.map((level) => incidentMessage(view(diagnoses), level))
}

function view(diagnoses: readonly Diagnosis[]) {
  const explanation = explain(diagnoses)
  const alerts = diagnoses.map(({ namespace, name }) => ({
    namespace,
    name,
    firing: true,
    labels: { namespace, daemonset: name },
  }))
  return viewOf({
    incidentId: 'inc_1',
    rev: 1,
    cluster: long(0),
    observation: { state: 'open', since: NOW, alerts, diagnoses },
    explanation,
    actions: [],
    offered: everythingOffered(explanation, diagnoses),
    links: [
      { text: 'Alertmanager', url: `https://am.example.com/#/alerts?filter=${'q'.repeat(300)}` },
    ],
  })
}

function named(index: number): DaemonSet {
  const one = daemonSet({}, { selector: { matchLabels: { app: `app-${index}` } } })
  return { ...one, metadata: { ...one.metadata, name: long(index), uid: `uid-${index}` } }
}

const draining = noSchedule('ToBeDeletedByClusterAutoscaler', unixSeconds(NOW))
const reserved = noSchedule(
  `${'d'.repeat(100)}.${'e'.repeat(100)}.example.com/${'k'.repeat(40)}`,
  'v'.repeat(63),
)

describe.each([
  ['being scaled down', draining, 1],
  ['with a taint of 253 characters', reserved, 1],
  ['under four DaemonSets', reserved, 4],
] as const)('5,000 nodes with names of 253 characters, %s', (_, taint, count) => {
  const [full, noTable, text] = messages(
    taint,
    Array.from({ length: count }, (_, index) => named(index)),
  )

  it('stay within the limits of Slack in each form', () => {
    for (const message of [full, noTable, text]) expect(problems('message', message)).toEqual([])
  })

  it('keep the count and the advice in each form', () => {
    // DaemonSets on the same nodes share one line.
    expect(full?.blocks?.some(({ type }) => type === 'table')).toBe(count === 1)
    expect(noTable?.blocks?.some(({ type }) => type === 'table')).toBe(false)
    expect(noTable?.blocks?.some(({ type }) => type === 'actions')).toBe(true)
    expect(text?.blocks).toBeUndefined()
    for (const message of [full, noTable, text]) {
      const json = JSON.stringify(message)
      expect(json).toContain('5000 nodes')
      expect(json).toMatch(/Now|Yes/)
    }
  })

  it('are cut to ten, each name shortened, with the count of the rest', () => {
    const json = JSON.stringify(full)
    expect(json).not.toContain('x'.repeat(90))
    if (count === 1) expect(json).toContain('+4990 more')
  })
})
