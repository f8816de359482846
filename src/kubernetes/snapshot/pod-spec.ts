import type {
  Container,
  LabelSelector,
  NodeAffinity,
  NodeSelectorTerm,
  PodSpec,
  SelectorRequirement,
  Toleration,
  Volume,
} from '../objects.ts'
import {
  flag,
  list,
  number,
  object,
  type Projection,
  quantityMap,
  required,
  text,
  textMap,
} from '../projection.ts'

const toleration = object<Toleration>({
  key: text,
  operator: text,
  value: text,
  effect: text,
  tolerationSeconds: number,
})

const requirement = object<SelectorRequirement>({
  key: required(text),
  operator: required(text),
  values: list(text),
})

/** A LabelSelector; absent stays absent, `{}` stays empty. */
export const labelSelector = object<LabelSelector>({
  matchLabels: textMap,
  matchExpressions: list(requirement),
})

/** A null term becomes an empty one, which matches nothing. It stays so that positions are kept. */
const selectorTerm: Projection<NodeSelectorTerm> = (value) => termFields(value ?? {})
const termFields = object<NodeSelectorTerm>({
  matchExpressions: list(requirement),
  matchFields: list(requirement),
})

const nodeAffinity = object<NodeAffinity>({
  requiredDuringSchedulingIgnoredDuringExecution: object({
    nodeSelectorTerms: list(selectorTerm),
  }),
})

const container = object<Container>({
  name: text,
  image: text,
  resources: object({ requests: quantityMap }),
})

const hostVolume = object<Volume>({
  name: text,
  hostPath: object({ path: text }),
})

/** The parts of a PodSpec that decide placement or show what the pod does for its node. */
export const podSpec = object<PodSpec>({
  nodeName: text,
  nodeSelector: textMap,
  affinity: object({ nodeAffinity }),
  tolerations: list(toleration),
  hostNetwork: flag,
  priorityClassName: text,
  terminationGracePeriodSeconds: number,
  os: object({ name: required(text) }),
  containers: list(container),
  // Only hostPath volumes are read: they show what a pod does for its node.
  volumes: (value) => {
    const host = list(hostVolume)(value)?.filter((volume) => volume.hostPath !== undefined)
    return host?.length ? host : undefined
  },
})
