import { milliseconds, rfc3339 } from '../../words/time.ts'
import type { SnapshotIndex } from './snapshot-index.ts'

/** Whether a kube-controller-manager leads, by its Lease. `unknown`: the Lease was not read. */
export type ControllerManager =
  | { readonly state: 'fresh' }
  | { readonly state: 'stale'; readonly renewed: string }
  | { readonly state: 'unknown' }

export function controllerManager(index: SnapshotIndex): ControllerManager {
  const lease = index.lease('kube-system', 'kube-controller-manager')
  const renewed = milliseconds(lease?.spec?.renewTime)
  if (!lease || renewed === undefined) return { state: 'unknown' }
  // The lists of a snapshot are read within some seconds of each other.
  const allowed = (lease.spec?.leaseDurationSeconds ?? 15) * 1000 + 30_000
  return index.now - renewed > allowed
    ? { state: 'stale', renewed: rfc3339(renewed) }
    : { state: 'fresh' }
}

/** Whether this version has the fault that leaves `numberMisscheduled` too high when a taint goes; `unknown` without a version. */
export function hasStaleCountFault(serverVersion: string | undefined): 'yes' | 'no' | 'unknown' {
  const version = /^v?(\d+)\.(\d+)\.(\d+)/.exec(serverVersion ?? '')
  if (!version) return 'unknown'
  const [major, minor, patch] = version.slice(1).map(Number)
  if (major !== 1 || minor === undefined || patch === undefined) return 'no'
  // Kubernetes issue 132459, from 1.33.0 on; the fix is in 1.35 and was taken over into 1.34.1 and 1.33.6.
  return (minor === 33 && patch < 6) || (minor === 34 && patch < 1) ? 'yes' : 'no'
}
