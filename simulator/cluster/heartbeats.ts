import type { Lease } from '../../src/kubernetes/objects.ts'
import type { Timers } from '../timers.ts'
import { isNodeReady } from './node-conditions.ts'
import type { ObjectStore } from './object-store.ts'

const LEADERS = ['kube-controller-manager', 'kube-scheduler']

/** Renews the Leases of the control plane and of Ready nodes; a node that falls silent keeps its last one. */
export function runHeartbeats(store: ObjectStore, timers: Timers, interval = 5000): void {
  const beat = () => {
    for (const name of LEADERS) renew(store, 'kube-system', name, 15)
    for (const node of store.list('nodes'))
      if (isNodeReady(node)) renew(store, 'kube-node-lease', node.metadata.name, 40)
  }
  beat()
  timers.every(interval, beat)
}

function renew(
  store: ObjectStore,
  namespace: string,
  name: string,
  leaseDurationSeconds: number,
): void {
  const renewTime = new Date().toISOString().replace('Z', '000Z')
  const lease: Lease = {
    metadata: { name, namespace },
    spec: { holderIdentity: name, leaseDurationSeconds, renewTime },
  }
  if (!store.get('leases', namespace, name)) store.create('leases', lease)
  else
    store.change('leases', namespace, name, (now) => ({ ...now, spec: { ...now.spec, renewTime } }))
}
