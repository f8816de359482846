import { boundBeforeTaint } from './bound-before-taint.ts'
import { fluxOwned } from './flux-owned.ts'
import { gpuTaint } from './gpu-taint.ts'
import { nodeNotReady } from './node-not-ready.ts'
import type { Scenario } from './scenario.ts'
import { staleCount } from './stale-count.ts'
import { stuckFinalizer } from './stuck-finalizer.ts'
import { tenMinuteWorkers } from './ten-minute-workers.ts'

/** In the order in which they are offered; the demo begins with the first. */
export const SCENARIOS: readonly Scenario[] = [
  tenMinuteWorkers,
  nodeNotReady,
  gpuTaint,
  boundBeforeTaint,
  stuckFinalizer,
  staleCount,
  fluxOwned,
]
