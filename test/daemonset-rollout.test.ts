import { expect, test } from 'vitest'
import { currentRevisionHash, rollingUpdateLimits } from '../src/daemonset/rollout.ts'
import type { ControllerRevision, DaemonSet } from '../src/kubernetes/objects.ts'

const daemonSet = (rollingUpdate?: object, uid = 'own'): DaemonSet => ({
  metadata: { namespace: 'ops', name: 'agent', uid },
  spec: {
    selector: {},
    template: {},
    ...(rollingUpdate && { updateStrategy: { type: 'RollingUpdate', rollingUpdate } }),
  },
})

test.each([
  [undefined, 11, 1, 0],
  [{ maxUnavailable: 3 }, 11, 3, 0],
  [{ maxUnavailable: '10%' }, 10, 1, 0],
  // As the API server rounds them: up.
  [{ maxUnavailable: '10%' }, 11, 2, 0],
  [{ maxUnavailable: '0%', maxSurge: '10%' }, 11, 0, 2],
  [{ maxUnavailable: '10%' }, 0, 0, 0],
  [{ maxUnavailable: 0 }, 11, 1, 0],
])('the limits %j for %i nodes', (rollingUpdate, desired, maxUnavailable, maxSurge) => {
  expect(rollingUpdateLimits(daemonSet(rollingUpdate), desired)).toEqual({
    maxUnavailable,
    maxSurge,
  })
})

test('the current revision is the newest one of the DaemonSet itself', () => {
  const revision = (uid: string, number: number, namespace = 'ops'): ControllerRevision => ({
    metadata: {
      name: `${uid}-${number}`,
      namespace,
      labels: { 'controller-revision-hash': `${uid}-${number}-${namespace}` },
      ownerReferences: [{ kind: 'DaemonSet', name: uid, uid, controller: true }],
    },
    revision: number,
  })
  const all = [
    revision('own', 1),
    revision('own', 2),
    revision('another', 9),
    revision('own', 8, 'other'),
  ]
  expect(currentRevisionHash(daemonSet(), all)).toBe('own-2-ops')
  expect(currentRevisionHash(daemonSet(), undefined)).toBeUndefined()
})
