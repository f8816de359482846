import { describe, expect, it } from 'vitest'
import type { Pod, PodSpec, Snapshot } from '../src/kubernetes/objects.ts'
import { diagnose } from '../src/triage/diagnose.ts'
import { deschedulerIn } from '../src/triage/facts/descheduler.ts'
import { indexSnapshot } from '../src/triage/facts/snapshot-index.ts'
import { plain } from '../src/words/words.ts'
import { daemonSet, LOGS, minutesAgo, node, noSchedule, pod, snapshot } from './triage-world.ts'

function other(name: string, more: Partial<Pod> & { readonly image?: string } = {}): Pod {
  const { image = 'registry.example.com/app:1', metadata, ...rest } = more
  return {
    metadata: { namespace: 'kube-system', ...metadata, name },
    spec: { containers: [{ name: 'main', image }] },
    status: { phase: 'Running' },
    ...rest,
  }
}

const labeled = (labels: Readonly<Record<string, string>>) => ({ metadata: { name: '', labels } })

describe('a descheduler is recognized', () => {
  const found = (...pods: readonly Pod[]) => deschedulerIn(indexSnapshot(snapshot({ pods })))?.pod

  it('by the labels of its chart or manifests', () => {
    expect(found(other('a', labeled({ 'app.kubernetes.io/name': 'descheduler' })))).toBe(
      'kube-system/a',
    )
    expect(found(other('b', labeled({ app: 'descheduler' })))).toBe('kube-system/b')
    expect(found(other('c', labeled({ 'koord-app': 'koord-descheduler' })))).toBe('kube-system/c')
  })

  it.each([
    'registry.k8s.io/descheduler/descheduler:v0.36.0',
    'descheduler',
    'my-mirror.example.com:5000/descheduler@sha256:0123',
    'registry.redhat.io/kube-descheduler-operator/descheduler-rhel9@sha256:0123',
    'registry.redhat.io/openshift4/ose-descheduler:v4.14',
    'ghcr.io/koordinator-sh/koord-descheduler:v1.6.0',
    'registry.example.com/koordinatorsh/koord-descheduler@sha256:0123',
  ])('by its image: %s', (image) => {
    expect(found(other('a', { image }))).toBe('kube-system/a')
  })

  it.each([
    'registry.example.com/descheduler-dashboard:1',
    'registry.example.com/my-descheduler-tests:1',
    'docker.io/karmada/karmada-descheduler:v1.9.0',
    'ghcr.io/koordinator-sh/koord-scheduler:v1.6.0',
    'registry.redhat.io/kube-descheduler-operator/kube-descheduler-operator-rhel9:v5',
  ])('not by %s', (image) => {
    expect(found(other('a', { image }))).toBeUndefined()
  })

  it('a running pod is named rather than the ended one of an earlier job', () => {
    const image = 'registry.k8s.io/descheduler/descheduler:v0.36.0'
    const ended = other('ended', { image, status: { phase: 'Succeeded' } })
    expect(found(ended)).toBe('kube-system/ended')
    expect(found(ended, other('now', { image }))).toBe('kube-system/now')
  })
})

describe('what is said of it', () => {
  const TEAM = noSchedule('team-x', 'only')
  const tainted = node('a', { taints: [TEAM], taintsBy: ['kubectl-taint', minutesAgo(30)] })
  const descheduler = other('descheduler-1', labeled({ app: 'descheduler' }))

  function said(parts: Partial<Snapshot>): string {
    const whole = snapshot({ daemonSets: [daemonSet()], nodes: [tainted], ...parts })
    return diagnose(whole, { namespace: 'ops', name: 'agent' })
      .findings.flatMap(({ evidence, remedies }) => [
        ...evidence,
        ...remedies.map(({ why }) => why),
      ])
      .map(plain)
      .filter((line) => line.includes('descheduler'))
      .join('\n')
  }

  it('that it leaves the pod alone by default, in the advice to delete it and in the evidence', () => {
    const text = said({ pods: [pod('a'), descheduler] })
    expect(text).toContain('The descheduler in this cluster leaves it alone by default.')
    expect(text).toContain('a descheduler runs in this cluster (`kube-system/descheduler-1`)')
  })

  it("that Koordinator's leaves the pod alone, whatever its configuration", () => {
    const koordinator = other('koord-descheduler-1', labeled({ 'koord-app': 'koord-descheduler' }))
    const text = said({ pods: [pod('a'), koordinator] })
    expect(text).toContain('The descheduler in this cluster leaves it alone.')
    expect(text).toContain('it leaves pods of a DaemonSet alone unless they have the annotation')
    expect(text).not.toMatch(/by default|policy/)
  })

  it('that the annotation changes that', () => {
    const annotations = { 'descheduler.alpha.kubernetes.io/evict': 'false' }
    const text = said({ pods: [pod('a', { annotations }), descheduler] })
    expect(text).toContain('may evict it')
    expect(text).not.toContain('leaves it alone')
  })

  it('the same without one in the cluster, in the evidence only', () => {
    expect(said({ pods: [pod('a')] })).toBe(
      'a descheduler would not remove such pods: by default it leaves pods of a DaemonSet alone (docs/descheduler.md)',
    )
  })

  it('for pods that other pods need, without advice to delete them', () => {
    const csi: PodSpec = {
      volumes: [{ hostPath: { path: '/var/lib/kubelet/plugins/x.csi.example.com' } }],
    }
    const daemonSets = [daemonSet(csi)]
    const text = said({ daemonSets, pods: [pod('a', {}, { spec: csi }), descheduler] })
    expect(text).toContain('the controller does not recreate it while the taint is there')
    expect(text).not.toContain('The descheduler in this cluster')
    expect(said({ daemonSets, pods: [pod('a', {}, { spec: csi })] })).toBe('')
  })

  it('nothing if the pod itself tolerates the taint: it judges by the tolerations of the pod', () => {
    const tolerant = { ...LOGS, tolerations: [{ key: 'team-x', operator: 'Exists' }] }
    expect(said({ pods: [pod('a', {}, { spec: tolerant }), descheduler] })).toBe('')
  })

  it('nothing for a pod that the controller deletes, or that is terminating', () => {
    const excluded = [daemonSet({ nodeSelector: { pool: 'other' } })]
    expect(said({ daemonSets: excluded, pods: [pod('a'), descheduler] })).toBe('')
    const leaving = pod('a', { deletionTimestamp: minutesAgo(-5) })
    expect(said({ pods: [leaving, descheduler] })).toBe('')
  })

  it('nothing for a node that is NotReady', () => {
    const dead = node('a', { taints: [noSchedule('node.kubernetes.io/not-ready')], ready: 'False' })
    expect(said({ nodes: [dead], pods: [pod('a'), descheduler] })).toBe('')
  })
})
