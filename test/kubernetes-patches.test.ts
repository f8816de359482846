import { applyPatch, type Operation } from 'rfc6902'
import { describe, expect, it } from 'vitest'
import type { DaemonSet, Toleration } from '../src/kubernetes/objects.ts'
import {
  type JsonPatch,
  recountPatch,
  sameList,
  tolerationPatch,
  undoTolerationPatch,
  withTolerations,
} from '../src/kubernetes/patches.ts'

const gpu: Toleration = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }
const drain: Toleration = {
  key: 'ToBeDeletedByClusterAutoscaler',
  operator: 'Exists',
  effect: 'NoSchedule',
}

function daemonSet(
  tolerations?: readonly Toleration[],
  annotations?: Readonly<Record<string, string>>,
): DaemonSet {
  return {
    metadata: {
      name: 'agent',
      namespace: 'datadog',
      uid: 'u1',
      resourceVersion: '41',
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { spec: { hostNetwork: true, ...(tolerations ? { tolerations } : {}) } },
    },
  }
}

/**
 * What the API server makes of it: the changed object, or `refused` where an operation fails, and
 * then nothing is changed.
 */
function applied(patch: JsonPatch, object: DaemonSet): DaemonSet | 'refused' {
  const copy = structuredClone(object)
  const failures = applyPatch(copy, structuredClone(patch) as Operation[]).filter(
    (failure) => failure !== null,
  )
  return failures.length === 0 ? copy : 'refused'
}

describe('a toleration patch', () => {
  it('replaces the expected list and nothing else', () => {
    const fresh = daemonSet([gpu])
    const patch = tolerationPatch(fresh, { uid: 'u1', tolerations: [gpu] }, [gpu, drain])
    expect(applied(patch, fresh)).toEqual(daemonSet([gpu, drain]))
  })

  it('adds the list if there is none', () => {
    const fresh = daemonSet()
    expect(
      applied(tolerationPatch(fresh, { uid: 'u1', tolerations: undefined }, [drain]), fresh),
    ).toEqual(daemonSet([drain]))
  })

  it('is refused once the object was deleted and created again', () => {
    const fresh = daemonSet([gpu])
    const patch = tolerationPatch(fresh, { uid: 'u1', tolerations: [gpu] }, [gpu, drain])
    expect(applied(patch, { ...fresh, metadata: { ...fresh.metadata, uid: 'u2' } })).toBe('refused')
  })

  it('is refused if the list changed before the fresh object was read', () => {
    const fresh = daemonSet([gpu, drain])
    expect(
      applied(tolerationPatch(fresh, { uid: 'u1', tolerations: [gpu] }, [gpu, drain]), fresh),
    ).toBe('refused')
  })

  it('is refused if the list changed after the fresh object was read', () => {
    const fresh = daemonSet([gpu])
    const patch = tolerationPatch(fresh, { uid: 'u1', tolerations: [gpu] }, [gpu, drain])
    expect(applied(patch, daemonSet([]))).toBe('refused')
    expect(applied(patch, daemonSet([drain, gpu]))).toBe('refused')
  })

  it('is refused if no list was expected and one was added, before or after the fresh object was read', () => {
    const meanwhile = daemonSet([gpu])
    expect(
      applied(
        tolerationPatch(meanwhile, { uid: 'u1', tolerations: undefined }, [drain]),
        meanwhile,
      ),
    ).toBe('refused')
    const patch = tolerationPatch(daemonSet(), { uid: 'u1', tolerations: undefined }, [drain])
    expect(
      applied(patch, { ...meanwhile, metadata: { ...meanwhile.metadata, resourceVersion: '42' } }),
    ).toBe('refused')
  })

  it('is refused if the expected list was removed', () => {
    const fresh = daemonSet()
    expect(
      applied(tolerationPatch(fresh, { uid: 'u1', tolerations: [gpu] }, [gpu, drain]), fresh),
    ).toBe('refused')
  })

  it('keeps unknown fields of a toleration', () => {
    const later = { ...gpu, fieldOfALaterVersion: 1 }
    const fresh = daemonSet([later])
    expect(
      applied(tolerationPatch(fresh, { uid: 'u1', tolerations: [gpu] }, [gpu, drain]), fresh),
    ).toEqual(daemonSet([later, drain]))
  })

  it('can be undone, to the previous list or to none', () => {
    const two = daemonSet([gpu, drain])
    expect(
      applied(undoTolerationPatch(two, { uid: 'u1', from: [gpu], to: [gpu, drain] }), two),
    ).toEqual(daemonSet([gpu]))
    const one = daemonSet([drain])
    expect(
      applied(undoTolerationPatch(one, { uid: 'u1', from: undefined, to: [drain] }), one),
    ).toEqual(daemonSet())
  })

  it('cannot be undone after a change by somebody else', () => {
    const changed = daemonSet([gpu, drain, { operator: 'Exists', key: 'x' }])
    expect(
      applied(undoTolerationPatch(changed, { uid: 'u1', from: [gpu], to: [gpu, drain] }), changed),
    ).toBe('refused')
  })
})

it('two lists are the same only in the same order: the API server compares them so', () => {
  expect(sameList([gpu, drain], [gpu, drain])).toBe(true)
  expect(sameList([gpu, drain], [drain, gpu])).toBe(false)
  expect(sameList([gpu], [gpu, drain])).toBe(false)
  expect(sameList([{ ...gpu, tolerationSeconds: 5 }], [gpu])).toBe(false)
})

describe('adding tolerations to a list', () => {
  it('appends them', () => {
    expect(withTolerations([gpu], [drain])).toEqual([gpu, drain])
    expect(withTolerations(undefined, [drain])).toEqual([drain])
  })

  it('skips a toleration that is present in another spelling', () => {
    expect(
      withTolerations(
        [{ key: 'a', value: 'b' }],
        [{ key: 'a', operator: 'Equal', value: 'b', effect: '' }],
      ),
    ).toHaveLength(1)
    expect(withTolerations([drain], [{ ...drain, value: 'ignored by Exists' }, drain])).toEqual([
      drain,
    ])
    expect(
      withTolerations(
        [{ ...gpu, effect: 'NoExecute', tolerationSeconds: 300 }],
        [{ ...gpu, effect: 'NoExecute' }],
      ),
    ).toHaveLength(1)
  })

  it('distinguishes operator, value and effect', () => {
    const equal: Toleration = { key: 'pool', operator: 'Equal', value: 'a', effect: 'NoSchedule' }
    const others: Toleration[] = [
      { ...equal, value: 'b' },
      { ...equal, effect: 'NoExecute' },
      { key: 'pool', operator: 'Exists', effect: 'NoSchedule' },
    ]
    expect(withTolerations([equal], others)).toEqual([equal, ...others])
  })
})

describe('a recount', () => {
  const now = '2026-11-24T10:00:00Z'

  it('adds its annotation to the others', () => {
    const fresh = daemonSet([gpu], { owner: 'team-a' })
    expect(applied(recountPatch(fresh, now), fresh)).toEqual(
      daemonSet([gpu], { owner: 'team-a', 'daemonset-triage/recounted-at': now }),
    )
  })

  it('overwrites its earlier annotation', () => {
    const fresh = daemonSet([gpu], { 'daemonset-triage/recounted-at': '2026-11-23T09:00:00Z' })
    expect(applied(recountPatch(fresh, now), fresh)).toEqual(
      daemonSet([gpu], { 'daemonset-triage/recounted-at': now }),
    )
  })

  it('creates the annotations only if there are none', () => {
    const fresh = daemonSet([gpu])
    expect(applied(recountPatch(fresh, now), fresh)).toEqual(
      daemonSet([gpu], { 'daemonset-triage/recounted-at': now }),
    )
    const annotated = daemonSet([gpu], { owner: 'team-a' })
    expect(
      applied(recountPatch(fresh, now), {
        ...annotated,
        metadata: { ...annotated.metadata, resourceVersion: '42' },
      }),
    ).toBe('refused')
  })

  it('does not change the template', () => {
    expect(
      recountPatch(daemonSet([gpu]), now).filter(({ path }) => path.startsWith('/spec')),
    ).toEqual([])
  })
})
