import { PLACEMENT_SCENARIOS } from './placement-scenarios.ts'
import type { VerdictScenario } from './reproduce.ts'
import { STATUS_SCENARIOS } from './status-scenarios.ts'
import { TAINT_SCENARIOS } from './taint-scenarios.ts'

/** The causes that a control plane without kubelets and cloud controllers can reproduce. */
export const VERDICT_SCENARIOS: readonly VerdictScenario[] = [
  ...TAINT_SCENARIOS,
  ...PLACEMENT_SCENARIOS,
  ...STATUS_SCENARIOS,
]
