import type { DaemonSet } from '../../kubernetes/objects.ts'
import { milliseconds, rfc3339 } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import type { SnapshotIndex } from './snapshot-index.ts'

/**
 * Whether kube-controller-manager is running, judging by its Lease. `unknown`: the Lease was not
 * read.
 */
export type ControllerManager =
  | { readonly state: 'fresh' }
  /** `renewed`: RFC 3339. */
  | { readonly state: 'stale'; readonly renewed: string }
  | { readonly state: 'unknown' }

/**
 * Reads the Lease `kube-system/kube-controller-manager`; stale 30 s after its duration has passed.
 */
export function controllerManager(index: SnapshotIndex): ControllerManager {
  const lease = index.lease('kube-system', 'kube-controller-manager')
  const renewed = milliseconds(lease?.spec?.renewTime)
  if (!lease || renewed === undefined) return { state: 'unknown' }
  // The lists of a snapshot are read a few seconds apart.
  const allowed = (lease.spec?.leaseDurationSeconds ?? 15) * 1000 + 30_000
  return index.now - renewed > allowed
    ? { state: 'stale', renewed: rfc3339(renewed) }
    : { state: 'fresh' }
}

/** That no kube-controller-manager renews its Lease; undefined if one does, or it was not read. */
export function staleLease(index: SnapshotIndex): Words | undefined {
  const manager = controllerManager(index)
  return manager.state === 'stale'
    ? words`Lease ${code('kube-system/kube-controller-manager')} was last renewed at ${time(manager.renewed)}: no controller-manager is leading`
    : undefined
}

/**
 * Whether this version has the bug that leaves `numberMisscheduled` too high after a taint is
 * removed (https://github.com/kubernetes/kubernetes/issues/132459); `unknown` without a version.
 */
export function hasStaleCountFault(serverVersion: string | undefined): 'yes' | 'no' | 'unknown' {
  const version = /^v?(\d+)\.(\d+)\.(\d+)/.exec(serverVersion ?? '')
  if (!version) return 'unknown'
  const [major, minor, patch] = version.slice(1).map(Number)
  if (major !== 1 || minor === undefined || patch === undefined) return 'no'
  // Introduced in 1.33.0; fixed in 1.35, 1.34.1 and 1.33.6.
  return (minor === 33 && patch < 6) || (minor === 34 && patch < 1) ? 'yes' : 'no'
}

/** Whether the controller has seen the current spec; undefined if the object does not say. */
export function hasSeenSpec({ daemonSet }: { readonly daemonSet: DaemonSet }): boolean | undefined {
  const { generation } = daemonSet.metadata
  const observed = daemonSet.status?.observedGeneration
  return generation === undefined || observed === undefined ? undefined : observed >= generation
}
