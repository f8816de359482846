import { expect, it } from 'vitest'
import type { DaemonSet, Snapshot } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { plain } from '../src/words/words.ts'
import { daemonSet, node, noSchedule, pod, snapshot } from './triage-world.ts'

const SLA = [{ key: 'sla', operator: 'Gt', value: '900' }]

function comparing(misscheduled: number, desired: number, name = 'agent'): DaemonSet {
  const made = daemonSet(
    { tolerations: SLA },
    { status: { numberMisscheduled: misscheduled, desiredNumberScheduled: desired } },
  )
  return { ...made, metadata: { ...made.metadata, name, uid: name === 'agent' ? 'ds-uid' : name } }
}

/** Causes and limits of `agent`, with pods on `a` and on `b`, whose taint says 950. */
function diagnosis(parts: Partial<Snapshot>) {
  const { findings, limits } = diagnose(
    snapshot({
      nodes: [node('a'), node('b', { taints: [noSchedule('sla', '950')] })],
      pods: [pod('a'), pod('b')],
      ...parts,
    }),
    { namespace: 'ops', name: 'agent' },
  )
  return { ids: findings.map(({ id }) => id), limits: limits.map(plain).join('\n') }
}

const ASSUMED = /taken to be on/

it('a status that agrees only with the gate on shows that it is on', () => {
  const { ids, limits } = diagnosis({ daemonSets: [comparing(0, 2)] })
  expect(ids).toEqual(['S4'])
  expect(limits).toMatch(ASSUMED)
})

it('a status that agrees only with the gate off shows nothing more', () => {
  const { ids, limits } = diagnosis({ daemonSets: [comparing(1, 1)] })
  expect(ids).toEqual(['T12'])
  expect(limits).not.toMatch(ASSUMED)
})

it('a gate that is given as off is off', () => {
  const featureGates = { TaintTolerationComparisonOperators: false }
  expect(diagnosis({ featureGates, daemonSets: [comparing(0, 2)] }).ids).toEqual(['T12', 'S6'])
})

it('a status that agrees with neither shows nothing', () => {
  expect(diagnosis({ daemonSets: [comparing(2, 2)] }).ids).toEqual(['T12', 'S1'])
})

it('another status that agrees only with the gate off leaves it open', () => {
  const other = comparing(1, 0, 'other')
  const its = {
    ...pod('b', {
      name: 'other-b',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'other', uid: 'other', controller: true },
      ],
    }),
  }
  const nodes = [
    node('a', { taints: [noSchedule('sla', '950')] }),
    node('b', { taints: [noSchedule('sla', '950')] }),
  ]
  const { ids } = diagnosis({
    nodes,
    daemonSets: [comparing(0, 2), other],
    pods: [pod('a'), pod('b'), its],
  })
  expect(ids).toEqual(['T12', 'S6'])
})

it('with the gate off, no toleration for any value is recommended where the comparison leaves a node out', () => {
  const recommended = (...values: readonly string[]) =>
    diagnose(
      snapshot({
        daemonSets: [comparing(values.length, 0)],
        nodes: values.map((value) => node(`n${value}`, { taints: [noSchedule('sla', value)] })),
        pods: values.map((value) => pod(`n${value}`)),
      }),
      { namespace: 'ops', name: 'agent' },
    ).findings.map(({ variant, remedies }) => [
      variant,
      ...remedies.filter((one) => one.recommended).map(({ kind }) => kind),
    ])
  expect(recommended('950')).toEqual([['gate-off', 'repair-controller', 'tolerate']])
  expect(recommended('950', '850')).toEqual([
    ['gate-off', 'repair-controller'],
    ['past-threshold', 'wait', 'none'],
  ])
})
