import { createHash, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { revisionsOf } from '../../../src/daemonset/rollout.ts'
import { effectiveTolerations } from '../../../src/daemonset/tolerations.ts'
import type {
  ControllerRevision,
  DaemonSet,
  Pod,
  PodSpec,
} from '../../../src/kubernetes/objects.ts'
import { TEMPLATE_GENERATION } from '../api/daemonset-validation.ts'
import type { ObjectStore } from '../object-store.ts'

/** A new pod of the DaemonSet for one node: not bound yet, but pinned to the node by affinity. */
export function daemonPod(daemonSet: DaemonSet, nodeName: string, hash: string): Pod {
  const { name, namespace, annotations } = daemonSet.metadata
  const { metadata, spec } = daemonSet.spec.template
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
      ownerReferences: [ownerReference(daemonSet)],
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

/** The owner reference in the DaemonSet's pods and revisions. */
export const ownerReference = ({ metadata: { name, uid } }: DaemonSet) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
})

/**
 * The `controller-revision-hash` of this template, unless an older ControllerRevision of the same
 * template has another.
 */
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

/**
 * Creates the ControllerRevision of the current template, or makes it the newest. Returns its
 * `controller-revision-hash`.
 */
export function currentRevision(store: ObjectStore, daemonSet: DaemonSet): string {
  const revisions = revisionsOf(
    daemonSet,
    store.list('controllerrevisions', daemonSet.metadata.namespace),
  )
  const { $patch: _, ...newest } = (revisions[0]?.data?.spec?.template ?? {}) as Record<
    string,
    unknown
  >
  const existing = revisions.find((one) =>
    isDeepStrictEqual(templateOf(one), templateOf(asRevision(daemonSet, '', 0))),
  )
  const next = (revisions[0]?.revision ?? 0) + 1
  if (existing) {
    if (!isDeepStrictEqual(newest, templateOf(existing)))
      store.update('controllerrevisions', { ...existing, revision: next })
    return existing.metadata.labels?.['controller-revision-hash'] ?? ''
  }
  const hash = templateHash(daemonSet)
  store.create('controllerrevisions', asRevision(daemonSet, hash, next))
  return hash
}

function templateOf({ data }: ControllerRevision): unknown {
  const { $patch: _, ...template } = (data?.spec?.template ?? {}) as Record<string, unknown>
  return template
}

/** The ControllerRevision that the controller stores for a template. */
function asRevision(daemonSet: DaemonSet, hash: string, revision: number): ControllerRevision {
  const { name, namespace } = daemonSet.metadata
  const { template } = daemonSet.spec
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, 'controller-revision-hash': hash },
      ownerReferences: [ownerReference(daemonSet)],
    },
    revision,
    data: {
      spec: { template: { ...template, $patch: 'replace' } as DaemonSet['spec']['template'] },
    },
  } as ControllerRevision
}

/** Kubernetes leaves out vowels and similar digits, so that no words appear. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

const encode = (bytes: Iterable<number>) =>
  [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')

/** Five random characters, as the API server appends to a `generateName`. */
export const randomSuffix = (): string => encode(randomBytes(5))

/** Ten characters. Not the hash that Kubernetes would compute. */
const hashOf = (text: string): string =>
  encode(createHash('sha256').update(text).digest().subarray(0, 10))
