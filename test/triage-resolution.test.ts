import { describe, expect, it } from 'vitest'
import type { DaemonSet, Node, Pod } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { resolutionOf } from '../src/triage/resolution.ts'
import { plain } from '../src/words/words.ts'
import { daemonSet, minutesAgo, node, noSchedule, pod, snapshot } from './triage-world.ts'

const gpu = noSchedule('dedicated', 'gpu')
const taintedNodes = [node('a'), node('b', { taints: [gpu] }), node('c', { taints: [gpu] })]
const pods = ['a', 'b', 'c'].map((name) => pod(name))

/** What ended a misscheduling on b and c, if the cluster is like this afterwards. */
function resolution(
  after: {
    readonly nodes?: readonly Node[]
    readonly pods?: readonly Pod[]
    readonly sets?: readonly DaemonSet[]
  },
  before: readonly Node[] = taintedNodes,
) {
  const subject = { namespace: 'ops', name: 'agent' }
  const last = diagnose(snapshot({ daemonSets: [daemonSet()], nodes: before, pods }), subject)
  const found = resolutionOf(
    [last],
    snapshot({
      daemonSets: after.sets ?? [daemonSet()],
      nodes: after.nodes ?? before,
      pods: after.pods ?? pods,
    }),
  )
  return found && { by: plain(found.by), isTemplate: found.isTemplate ?? false }
}

/** The DaemonSet after `manager` wrote its template. */
function written(manager: string, time: string): DaemonSet {
  const fieldsV1 = { 'f:spec': { 'f:template': {} } }
  const { metadata, ...rest } = daemonSet()
  return {
    ...rest,
    metadata: { ...metadata, managedFields: [{ manager, operation: 'Update', time, fieldsV1 }] },
  }
}

describe('what ended a misscheduling', () => {
  it('the nodes are gone', () => {
    expect(resolution({ nodes: [node('a')] })?.by).toBe('nodes `b` and `c` are gone')
  })

  it('the taint is gone', () => {
    const nodes = [node('a'), node('b'), node('c')]
    expect(resolution({ nodes })?.by).toBe(
      'the taint `dedicated` is gone from `b`, the taint `dedicated` is gone from `c`',
    )
  })

  it('one node is gone, and the other lost its taint', () => {
    expect(resolution({ nodes: [node('a'), node('c')] })?.by).toBe(
      'node `b` is gone, the taint `dedicated` is gone from `c`',
    )
  })

  it('a node is Ready again', () => {
    const unready = noSchedule('node.kubernetes.io/not-ready')
    const before = [node('a'), node('b', { taints: [unready], ready: 'False' }), node('c')]
    expect(resolution({ nodes: [node('a'), node('b'), node('c')] }, before)?.by).toBe(
      '`b` is Ready again',
    )
  })

  it('the pods are gone', () => {
    expect(resolution({ pods: [pod('a')] })?.by).toBe('its pods are gone')
  })

  it('the template was changed since, although its pods were replaced too', () => {
    const sets = [written('helm', minutesAgo(-1))]
    expect(resolution({ sets, pods: [pod('a')] })).toEqual({
      by: '`helm` changed the template of `agent`',
      isTemplate: true,
    })
  })

  it('a template that was changed before is not what ended it', () => {
    expect(resolution({ sets: [written('helm', minutesAgo(60))] })).toBeUndefined()
  })

  it('the DaemonSet is gone, or another one', () => {
    expect(resolution({ sets: [] })?.by).toBe('`agent` was deleted')
    const { metadata, ...rest } = daemonSet()
    expect(resolution({ sets: [{ ...rest, metadata: { ...metadata, uid: 'other' } }] })?.by).toBe(
      '`agent` was recreated',
    )
  })

  it('nothing shows it', () => {
    expect(resolution({})).toBeUndefined()
  })
})
