import { effectiveTolerations } from '../../src/daemonset/tolerations.ts'
import type { DaemonSet, Pod, PodSpec } from '../../src/kubernetes/objects.ts'
import { hashOf, randomSuffix } from './random-name.ts'
import { TEMPLATE_GENERATION } from './validate-daemonset.ts'

/** The pod that the controller makes of a template for one node: not bound yet, but pinned to it by affinity. */
export function daemonPod(daemonSet: DaemonSet, nodeName: string, hash: string): Pod {
  const { name, namespace, uid, annotations } = daemonSet.metadata
  const { metadata, spec } = daemonSet.spec.template
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
  return {
    metadata: {
      generateName: `${name}-`,
      name: `${name}-${randomSuffix()}`,
      namespace,
      labels: {
        ...metadata?.labels,
        'controller-revision-hash': hash,
        'pod-template-generation': annotations?.[TEMPLATE_GENERATION] ?? '1',
      },
      ...(metadata?.annotations && { annotations: metadata.annotations }),
      ownerReferences: [owner],
    },
    spec: {
      terminationGracePeriodSeconds: 30,
      ...spec,
      ...pinnedTo(nodeName, spec),
      tolerations: effectiveTolerations(spec),
    },
    status: { phase: 'Pending' },
  } as Pod
}

/** The label that pods of this template carry, where no ControllerRevision says otherwise. */
export const templateHash = ({ metadata, spec }: DaemonSet): string =>
  hashOf(`${metadata.uid} ${JSON.stringify(spec.template)}`)

function pinnedTo(nodeName: string, spec: PodSpec | undefined): PodSpec {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [nodeName] }]
  const nodeAffinity = {
    ...spec?.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] },
  }
  return { affinity: { ...spec?.affinity, nodeAffinity } }
}
