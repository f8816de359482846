import { describe, expect, it } from 'vitest'
import { offeredChanges } from '../src/incident/offered.ts'
import type { Diagnosis } from '../src/triage/diagnosis.ts'
import { explain } from '../src/triage/explain.ts'
import type { Remedy } from '../src/triage/remedies/remedy.ts'
import { diagnosis, finding, flux, remedy } from './incident-world.ts'

const [gpu, spot] = [
  { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'spot', operator: 'Exists', effect: 'NoSchedule' },
] as const
const tolerate = (...tolerations: readonly (typeof gpu | typeof spot)[]): Remedy =>
  remedy('tolerate', { change: { kind: 'tolerate', tolerations } })
const remove = (...pods: readonly string[]): Remedy =>
  remedy('delete-pod', { change: { kind: 'delete-pods', pods } })

const offered = (...diagnoses: readonly Diagnosis[]) =>
  offeredChanges(explain(diagnoses), diagnoses).map(({ action, name, change }) => ({
    action,
    name,
    change,
  }))
const withRemedies = (...remedies: readonly Remedy[]): Diagnosis =>
  diagnosis({ nodes: ['n1'], findings: [finding('T3', { remedies })] })

describe('a button', () => {
  it('makes exactly the change that was simulated', () => {
    expect(offered(withRemedies(tolerate(gpu)))).toEqual([
      { action: 'patch', name: 'agent', change: { kind: 'tolerate', tolerations: [gpu] } },
    ])
  })

  it('is missing for a tempting remedy', () => {
    expect(offered(withRemedies({ ...tolerate(gpu), tempting: true }))).toEqual([])
  })

  it('is missing for a remedy without a change', () => {
    expect(
      offered(withRemedies(remedy('wait'), remedy('remove-taint'), remedy('tolerate'))),
    ).toEqual([])
  })

  it('does not patch if the owner would undo it, but still deletes', () => {
    const owned = { ...withRemedies(tolerate(gpu), remove('p1')), owner: flux }
    expect(offered(owned).map(({ action }) => action)).toEqual(['delete'])
  })

  it('is missing if the uid of the DaemonSet is unknown', () => {
    const { uid: _, ...nameless } = withRemedies(tolerate(gpu))
    expect(offered(nameless)).toEqual([])
  })

  it('makes the change that several findings share, once', () => {
    const remedies = [tolerate(gpu, spot), remove('p1', 'p2')]
    const both = diagnosis({
      nodes: ['n1', 'n2'],
      findings: [finding('T3', { remedies }), finding('T5', { remedies })],
    })
    expect(offered(both)).toEqual([
      { action: 'patch', name: 'agent', change: { kind: 'tolerate', tolerations: [gpu, spot] } },
      { action: 'delete', name: 'agent', change: { kind: 'delete-pods', pods: ['p1', 'p2'] } },
    ])
  })

  it('belongs to the DaemonSet that the advice is for', () => {
    const other = {
      ...diagnosis({
        name: 'proxy',
        nodes: ['n1'],
        findings: [finding('T1', { remedies: [remedy('fix-node')] })],
      }),
    }
    expect(offered(withRemedies(tolerate(gpu)), other).map(({ name }) => name)).toEqual(['agent'])
  })
})
