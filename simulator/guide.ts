import type { Guide } from './page/page-state.ts'
import type { Scenario, Simulation } from './scenarios/scenario.ts'
import { touchDaemonSet, trueCount, undercountRemark } from './scenarios/undercount.ts'

/** The controller counts within this time, if it counts at all. */
const COUNTED_AFTER_MS = 1000

/**
 * The guide through a scenario, each time it is called. A step that was done stays done. The last
 * one is done when an alert has fired, and none does any more.
 */
export function guideThrough(scenario: Scenario, simulation: Simulation): () => Guide {
  const done = new Set<number>()
  let hasFired = false
  let missedSince: number | undefined
  return () => {
    const alerts = simulation.alertmanager.alerts().length
    hasFired ||= alerts > 0
    const isOver = hasFired && alerts === 0 && isClean(simulation)
    const remark = undercountRemark(simulation)
    missedSince = remark === undefined ? undefined : (missedSince ?? Date.now())
    const isMissed = missedSince !== undefined && Date.now() - missedSince >= COUNTED_AFTER_MS
    scenario.steps.forEach(({ isDone }, index) => {
      if (isDone?.(simulation)) done.add(index)
    })
    const steps = scenario.steps.map(({ label, how, control, isDone }, index) => {
      const isLast = index === scenario.steps.length - 1
      const state = isLast ? isOver : isDone ? done.has(index) : undefined
      return { label, how, ...(control !== undefined && { control }), done: state }
    })
    const shown = isMissed && remark !== undefined
    return {
      steps,
      isOver,
      ...(shown && { remark: { text: remark, control: touchDaemonSet.id } }),
    }
  }
}

/** Whether nothing is misscheduled, neither by status nor in truth. */
function isClean(simulation: Simulation): boolean {
  return simulation.cluster.store
    .list('daemonsets')
    .every((one) => !one.status?.numberMisscheduled && trueCount(simulation, one) === 0)
}
