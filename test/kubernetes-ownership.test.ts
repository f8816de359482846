import { load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import type {
  DaemonSet,
  ManagedFieldsEntry,
  ObjectMeta,
  Toleration,
} from '../src/kubernetes/objects.ts'
import { lastingFix } from '../src/ownership/lasting-fix.ts'
import { ownerOf, undoesPatches } from '../src/ownership/ownership.ts'
import { readYaml } from './read-yaml.ts'

function daemonSet(metadata: Partial<ObjectMeta>, tolerations?: readonly Toleration[]): DaemonSet {
  return {
    metadata: { name: 'agent', namespace: 'monitoring', managedFields: [], ...metadata },
    spec: { selector: {}, template: { spec: tolerations ? { tolerations } : {} } },
  }
}

function by(...managers: readonly string[]): {
  readonly managedFields: readonly ManagedFieldsEntry[]
} {
  return { managedFields: managers.map((manager) => ({ manager, operation: 'Update' })) }
}

const datadogAgent = {
  apiVersion: 'datadoghq.com/v2alpha1',
  kind: 'DatadogAgent',
  name: 'datadog',
  controller: true,
}
const helm = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm', 'helm.sh/chart': 'datadog-3.240.0' },
  annotations: {
    'meta.helm.sh/release-name': 'datadog',
    'meta.helm.sh/release-namespace': 'datadog',
  },
}

describe('the owner of a DaemonSet', () => {
  it('is not Helm if a chart was only rendered: the label alone does not prove a release', () => {
    expect(ownerOf(daemonSet({ labels: helm.labels })).kind).toBe('none')
  })

  it('is not Argo CD by the label that every chart sets', () => {
    expect(ownerOf(daemonSet({ labels: { 'app.kubernetes.io/instance': 'datadog' } })).kind).toBe(
      'none',
    )
  })

  it('is not Argo CD by a tracking id that was copied from another object', () => {
    const copied = {
      annotations: {
        'argocd.argoproj.io/tracking-id': 'observability:apps/DaemonSet:monitoring/other',
      },
    }
    expect(ownerOf(daemonSet(copied)).kind).toBe('none')
  })

  it('is the controller, if there are several owner references', () => {
    const { controller: _, ...other } = { ...datadogAgent, kind: 'Team', apiVersion: 'x/v1' }
    const both = { ownerReferences: [{ ...other, name: 'sre' }, datadogAgent] }
    expect(ownerOf(daemonSet(both))).toMatchObject(
      ownerOf(daemonSet({ ownerReferences: [datadogAgent] })),
    )
  })

  it('says that managedFields are hidden if nothing else shows the owner', () => {
    expect(ownerOf(daemonSet({ managedFields: undefined })).revert).toContain('managedFields')
  })

  it('names an unknown writer of the tolerations, but does not call it a controller', () => {
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': { 'f:tolerations': {} } } } }
    const { kind, revert } = ownerOf(
      daemonSet({
        managedFields: [{ manager: 'node-agent-manager', operation: 'Update', fieldsV1 }],
      }),
    )
    expect(kind).toBe('none')
    expect(revert).toMatch(/last written by node-agent-manager\. If /)
  })

  it('lists every owner from the object outwards and puts the fix in the outermost', () => {
    const { chain, fix } = ownerOf(
      daemonSet({
        name: 'datadog-agent',
        ownerReferences: [datadogAgent],
        labels: {
          'kustomize.toolkit.fluxcd.io/name': 'apps',
          'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
        },
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '' },
      }),
    )
    expect(chain).toEqual(['operator DatadogAgent datadog', 'Flux Kustomization flux-system/apps'])
    expect(fix).toBe(
      'Change DatadogAgent datadog, at spec.override.nodeAgent.tolerations. That is managed by Flux Kustomization flux-system/apps, so change it there.',
    )
  })

  it('prefers an owner that reverts to one that overwrites', () => {
    const owner = ownerOf(daemonSet({ ...helm, ...by('eks', 'helm', 'argocd-controller') }))
    expect(owner).toMatchObject({ kind: 'Argo CD', onPatch: 'reverts' })
    expect(owner.chain).toHaveLength(3)
  })

  it('undoes patches if a platform applies the object, not if a person has to upgrade it', () => {
    expect(undoesPatches(ownerOf(daemonSet(by('eks'))))).toBe(true)
    expect(undoesPatches(ownerOf(daemonSet(helm)))).toBe(false)
    expect(undoesPatches(ownerOf(daemonSet(by('kubectl-edit'))))).toBe(false)
  })
})

describe('the path of the tolerations', () => {
  it("is the chart's, by its chart label, whatever the DaemonSet is called", () => {
    expect(ownerOf(daemonSet({ ...helm, name: 'dd' })).path).toBe('agents.tolerations')
  })

  it('depends on the name if one chart has several DaemonSets', () => {
    const cilium = { ...helm, labels: { ...helm.labels, 'helm.sh/chart': 'cilium-1.20.0' } }
    expect(ownerOf(daemonSet({ ...cilium, name: 'cilium' })).path).toBe('tolerations')
    expect(ownerOf(daemonSet({ ...cilium, name: 'cilium-envoy' })).path).toBe('envoy.tolerations')
    expect(ownerOf(daemonSet({ ...cilium, name: 'something-else' })).path).toBeUndefined()
  })

  it('is known by name and label if there is no chart label', () => {
    const { annotations } = helm
    const labels = {
      'app.kubernetes.io/managed-by': 'Helm',
      'app.kubernetes.io/name': 'csi-driver-nfs',
    }
    expect(ownerOf(daemonSet({ annotations, labels, name: 'csi-nfs-node' })).path).toBe(
      'node.tolerations',
    )
    expect(ownerOf(daemonSet({ annotations, labels, name: 'other' })).path).toBeUndefined()
  })

  it('is undefined for a chart that is not in the table', () => {
    const labels = {
      ...helm.labels,
      'helm.sh/chart': 'grafana-agent-0.44.2',
      'app.kubernetes.io/name': 'agent',
    }
    expect(ownerOf(daemonSet({ ...helm, labels })).path).toBeUndefined()
  })

  it('is that of the parent chart if the release is named after it', () => {
    const labels = { ...helm.labels, 'helm.sh/chart': 'prometheus-node-exporter-4.56.1' }
    const annotations = {
      'meta.helm.sh/release-name': 'kube-prometheus-stack',
      'meta.helm.sh/release-namespace': 'monitoring',
    }
    expect(
      ownerOf(daemonSet({ labels, annotations, name: 'x-prometheus-node-exporter' })).path,
    ).toBe('prometheus-node-exporter.tolerations')
  })
})

const gpu: Toleration = { key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }
const drain: Toleration = {
  key: 'ToBeDeletedByClusterAutoscaler',
  operator: 'Exists',
  effect: 'NoSchedule',
}

function fix(
  metadata: Partial<ObjectMeta>,
  present: readonly Toleration[] | undefined,
  added: readonly Toleration[],
): string {
  const object = daemonSet(metadata, present)
  return lastingFix(ownerOf(object), object, added).snippet ?? ''
}

describe('the lasting fix', () => {
  it('lists present and new tolerations at the values path', () => {
    expect(load(fix(helm, [gpu], [drain]))).toEqual({ agents: { tolerations: [gpu, drain] } })
  })

  it("includes the chart's defaults, which a list would replace", () => {
    const promtail = {
      ...helm,
      name: 'promtail',
      labels: { ...helm.labels, 'helm.sh/chart': 'promtail-6.17.1' },
    }
    const master = {
      key: 'node-role.kubernetes.io/master',
      operator: 'Exists',
      effect: 'NoSchedule',
    }
    const controlPlane = {
      key: 'node-role.kubernetes.io/control-plane',
      operator: 'Exists',
      effect: 'NoSchedule',
    }
    expect(load(fix(promtail, [controlPlane], [drain]))).toEqual({
      tolerations: [master, controlPlane, drain],
    })
  })

  it('does not repeat a toleration', () => {
    expect(load(fix(helm, [gpu, drain], [drain]))).toEqual({
      agents: { tolerations: [gpu, drain] },
    })
  })

  it('quotes values that YAML would read as something else', () => {
    const odd: Toleration[] = [
      { key: 'pool', operator: 'Equal', value: 'true', effect: 'NoSchedule' },
      { key: '007', value: '1e3' },
      { key: 'a.b/c', value: 'no' },
    ]
    expect(load(fix(helm, undefined, odd))).toEqual({ agents: { tolerations: odd } })
  })

  it('is the custom resource with its own apiVersion and name', () => {
    expect(
      load(fix({ name: 'datadog-agent', ownerReferences: [datadogAgent] }, [gpu], [drain])),
    ).toEqual({
      apiVersion: 'datadoghq.com/v2alpha1',
      kind: 'DatadogAgent',
      metadata: { name: 'datadog' },
      spec: { override: { nodeAgent: { tolerations: [gpu, drain] } } },
    })
  })

  it('says that a path is not verified, and invents none', () => {
    const dns = { name: 'dns-default', namespace: 'openshift-dns' }
    const owner = {
      apiVersion: 'operator.openshift.io/v1',
      kind: 'DNS',
      name: 'default',
      controller: true,
    }
    expect(fix({ ...dns, ownerReferences: [owner] }, [], [drain])).toMatch(
      /^# this path is not verified/,
    )
    const unknown = fix(
      { ownerReferences: [{ ...owner, kind: 'Fancy', apiVersion: 'example.com/v1' }] },
      [],
      [drain],
    )
    expect(load(unknown)).toEqual({ tolerations: [drain] })
    expect(unknown).toMatch(/^# the field for tolerations in the Fancy/)
  })

  it('is under spec.values of a HelmRelease', () => {
    const labels = {
      ...helm.labels,
      'helm.toolkit.fluxcd.io/name': 'datadog',
      'helm.toolkit.fluxcd.io/namespace': 'flux-system',
    }
    expect(load(fix({ ...helm, labels }, [], [drain]))).toEqual({
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'datadog', namespace: 'flux-system' },
      spec: { values: { agents: { tolerations: [drain] } } },
    })
  })

  it('is the manifest if there is no chart and no custom resource', () => {
    expect(load(fix(by('kubectl-client-side-apply'), [gpu], [drain]))).toEqual({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'agent', namespace: 'monitoring' },
      spec: { template: { spec: { tolerations: [gpu, drain] } } },
    })
  })

  it("has Longhorn's own form for its setting", () => {
    const labels = { 'longhorn.io/managed-by': 'longhorn-manager' }
    const equal: Toleration = { key: 'pool', operator: 'Equal', value: 'db', effect: 'NoSchedule' }
    expect(load(fix({ name: 'longhorn-csi-plugin', labels }, [equal], [drain]))).toEqual({
      defaultSettings: {
        taintToleration: 'pool=db:NoSchedule;ToBeDeletedByClusterAutoscaler:NoSchedule',
      },
    })
  })

  it('is a list in one string if the operator reads it from a ConfigMap', () => {
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'rook-ceph-operator',
      controller: true,
    }
    const document = readYaml<{ data: { CSI_PLUGIN_TOLERATIONS: string } }>(
      fix({ name: 'csi-rbdplugin', ownerReferences: [owner] }, [], [drain]),
    )
    expect(load(document.data.CSI_PLUGIN_TOLERATIONS)).toEqual([drain])
  })

  it('has no snippet if the provider has no setting', () => {
    const gke = daemonSet({ annotations: { 'components.gke.io/component-name': 'pdcsi' } })
    expect(lastingFix(ownerOf(gke), gke, [drain])).toEqual({ fix: ownerOf(gke).fix })
  })
})
