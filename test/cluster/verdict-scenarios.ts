import { PLACEMENT_SCENARIOS } from './placement-scenarios.ts'
import type { VerdictScenario } from './reproduce.ts'
import { STATUS_SCENARIOS } from './status-scenarios.ts'
import { TAINT_SCENARIOS } from './taint-scenarios.ts'

/** The causes that a control plane without kubelets and cloud controllers can reproduce. */
/**
 * The causes that a real control plane can show in one scan. `verdicts-asked` has S2, S4 and S5.
 * Two are missing: P6, because only OpenShift's controller reads the node selector of a namespace,
 * and S1, because 1.37 has the fix: it takes a kube-controller-manager 1.33.0 to 1.33.5 or 1.34.0.
 */
export const VERDICT_SCENARIOS: readonly VerdictScenario[] = [
  ...TAINT_SCENARIOS,
  ...PLACEMENT_SCENARIOS,
  ...STATUS_SCENARIOS,
]
