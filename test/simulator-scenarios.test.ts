import { afterEach, expect, test, vi } from 'vitest'
import {
  type SimulatedAlertmanager,
  startAlertmanager,
} from '../simulator/alertmanager/start-alertmanager.ts'
import { type SimulatedCluster, startCluster } from '../simulator/cluster/start-cluster.ts'
import { guideThrough } from '../simulator/guide.ts'
import type { Scenario, Simulation } from '../simulator/scenarios/scenario.ts'
import { COMMON_CONTROLS, SCENARIOS } from '../simulator/scenarios/scenarios.ts'
import { undercountRemark } from '../simulator/scenarios/undercount.ts'
import { apiServerByToken } from '../src/kubernetes/api-server.ts'
import { connect } from '../src/kubernetes/connect/connect.ts'
import { diagnoseAll } from '../src/triage/diagnose.ts'

let cluster: SimulatedCluster
let alertmanager: SimulatedAlertmanager
afterEach(async () => {
  await cluster?.stop()
  await alertmanager?.stop()
})

async function stageOf(id: string): Promise<{ scenario: Scenario; stage: Simulation }> {
  const scenario = SCENARIOS.find((one) => one.id === id)
  if (!scenario) throw new Error(`no scenario ${id}`)
  cluster = await startCluster(scenario.objects(new Date()), {
    version: scenario.version ?? 'v1.35.2',
    durationsMs: { sync: 1, podStart: 1, podStop: 1, podGc: 1 },
  })
  alertmanager = await startAlertmanager({})
  const stage = { cluster, alertmanager }
  scenario.start?.(stage)
  return { scenario, stage }
}

/** `numberMisscheduled` of every DaemonSet. */
const counts = () =>
  cluster.store.list('daemonsets').map(({ status }) => status?.numberMisscheduled)
const become = (...expected: number[]) =>
  vi.waitFor(() => expect(counts()).toEqual(expected), { timeout: 5000, interval: 10 })

test.each([
  ['ten-minute-workers', [3], ['T4']],
  ['node-not-ready', [1, 1, 1, 1], ['T1', 'T1', 'T1', 'T1']],
  ['gpu-taint', [2], ['T3']],
  ['missed-taint', [0], []],
  ['bound-before-taint', [2], ['T6']],
  ['stuck-finalizer', [1], ['P2 held by K4']],
  ['stale-count', [1], ['S1']],
  ['flux-owned', [2], ['T3']],
])('%s has the counts %j and the causes %j', async (id, misscheduled, causes) => {
  await stageOf(id)
  await become(...misscheduled)
  const snapshot = await connect(
    apiServerByToken({ url: cluster.url, token: cluster.token }),
  ).snapshot()
  expect(snapshot.unreadable).toEqual([])
  const findings = diagnoseAll(snapshot).flatMap(({ findings }) => findings)
  expect(findings.map(({ id, heldBy }) => (heldBy ? `${id} held by ${heldBy}` : id))).toEqual(
    causes,
  )
})

test.each([
  ['ten-minute-workers', 'drain-finishes', [2]],
  ['ten-minute-workers', 'scale-down-another', [4]],
  ['node-not-ready', 'node-recovers', [0, 0, 0, 0]],
  ['node-not-ready', 'another-node-fails', [2, 2, 2, 2]],
  ['node-not-ready', 'node-deleted', [0, 0, 0, 0]],
  ['gpu-taint', 'taint-another', [3]],
  ['gpu-taint', 'untaint', [1]],
  ['stuck-finalizer', 'finalizer-removed', [0]],
  ['flux-owned', 'flux-applies', [0]],
  ['flux-owned', 'untaint', [0]],
])('in %s, control %s leads to the counts %j', async (id, control, misscheduled) => {
  const { scenario, stage } = await stageOf(id)
  await vi.waitFor(() => expect(counts().every((count) => (count ?? 0) > 0)).toBe(true))
  const pressed = scenario.controls.find((one) => one.id === control)
  expect(pressed?.isAvailable?.(stage) ?? true).toBe(true)
  await pressed?.run(stage)
  await become(...misscheduled)
})

test('a taint that is not counted is explained, and counted after a touch', async () => {
  const { scenario, stage } = await stageOf('missed-taint')
  const press = (id: string) =>
    [...scenario.controls, ...COMMON_CONTROLS].find((one) => one.id === id)?.run(stage)
  await become(0)
  expect(undercountRemark(stage)).toBeUndefined()
  await press('taint')
  expect(undercountRemark(stage)).toMatch(/^node-exporter is misscheduled, and no alert fires/)
  await press('touch-daemonset')
  await become(1)
  expect(undercountRemark(stage)).toBeUndefined()
  await press('untaint')
  await become(0)
})

test('the same holds for a control that does nothing in another scenario', async () => {
  const { scenario, stage } = await stageOf('gpu-taint')
  const press = (id: string) => scenario.controls.find((one) => one.id === id)?.run(stage)
  await become(2)
  await press('untaint')
  await press('untaint')
  await become(0)
  const guide = guideThrough(scenario, stage)
  await press('taint-another')
  await vi.waitFor(
    () =>
      expect(guide().remark).toMatchObject({
        text: expect.stringMatching(/^fluent-bit is misscheduled, and no alert fires/),
        control: 'touch-daemonset',
      }),
    { timeout: 3000 },
  )
  expect(counts()).toEqual([0])
})

test('every step of a guide says how, and names a control of its scenario', () => {
  for (const { controls, steps } of SCENARIOS) {
    expect(steps).toHaveLength(3)
    const ids = [...controls, ...COMMON_CONTROLS].map(({ id }) => id)
    for (const { how, control } of steps) {
      expect(how).not.toBe('')
      if (control !== undefined) expect(ids).toContain(control)
    }
  }
})

test('every control has an id that is unique in its scenario, and a description', () => {
  for (const { controls } of SCENARIOS) {
    const all = [...controls, ...COMMON_CONTROLS]
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    for (const { description: about } of all) expect(about).not.toBe('')
  }
})
