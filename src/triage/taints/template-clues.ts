import { targetNodeName } from '../../daemonset/daemon-pods.ts'
import { isSelection } from '../../daemonset/decide.ts'
import { controllerRef, isReady } from '../../daemonset/object-state.ts'
import type { NodeVerdict } from '../../daemonset/recount.ts'
import { effectiveTolerations, toleratesTaint } from '../../daemonset/tolerations.ts'
import type { DaemonSet, Pod, Taint } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import { namespaceOf, type SnapshotIndex } from '../facts/snapshot-index.ts'
import type { Clue, TaintedPods } from './clues.ts'
import { isPlatformKey } from './platform.ts'

/** What the template's node selector and affinity say of the taint or of the nodes that have it. */
export function selectionClues({ facts, taint }: TaintedPods): readonly Clue[] {
  const spec = facts.daemonSet.spec.template.spec
  const clues: Clue[] = []
  const excluded = excludedLabel(facts.daemonSet, taint)
  if (excluded)
    clues.push({
      side: 'against',
      weight: 2,
      words: words`its node affinity excludes ${code(excluded)}: the nodes have the taint, but not the label`,
    })
  const selects = Object.entries(spec?.nodeSelector ?? {}).filter(
    ([key]) => !isPlatformKey(key, 'os') && !isPlatformKey(key, 'arch'),
  )
  const required =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined
  if ((selects.length > 0 || required) && !excluded && selectsOnlyTainted(facts, taint))
    clues.push({
      side: 'for',
      weight: 2,
      words: words`it selects only nodes that have this taint${selectorWords(selects)}`,
    })
  return clues
}

/**
 * What other DaemonSets say: one of its kind serves these nodes in its place, or others of the same
 * product tolerate the taint by its key.
 */
export function siblingClues(pods: TaintedPods): readonly Clue[] {
  const { taint, facts } = pods
  const others = daemonSetsOn(pods, isReady)
  const substitute = substituteAmong(others, facts)
  if (substitute)
    return [
      {
        side: 'against',
        weight: 2,
        words: words`${code(`${namespaceOf(substitute)}/${substitute.metadata.name}`)} runs there in its place`,
      },
    ]
  const sibling = others.find(
    (other) => isSameProduct(other, facts.daemonSet) && namesKey(other, taint),
  )
  return sibling
    ? [
        {
          side: 'for',
          weight: 1,
          words: words`${code(`${namespaceOf(sibling)}/${sibling.metadata.name}`)} of the same product tolerates the taint by its key`,
        },
      ]
    : []
}

/** Whether one of its kind serves these nodes in its place. Pods there need not be Ready. */
export function isReplaced(pods: Pick<TaintedPods, 'facts' | 'nodes'>): boolean {
  return (
    substituteAmong(
      daemonSetsOn(pods, () => true),
      pods.facts,
    ) !== undefined
  )
}

function substituteAmong(others: readonly DaemonSet[], facts: DaemonSetFacts) {
  return others.find((other) => isVariant(other, facts.daemonSet) && isApart(other, facts))
}

/** Whether a template of the cluster names the key in a toleration: then it is an established one. */
export function isNamedByTemplates({ index }: DaemonSetFacts, { key }: Taint): boolean {
  return index.snapshot.daemonSets.some(({ spec }) =>
    (spec.template.spec?.tolerations ?? []).some((toleration) => toleration.key === key),
  )
}

/** The excluded label, `dedicated=gpu`, if the required affinity excludes the taint's key or value. */
export function excludedLabel({ spec }: DaemonSet, { key, value = '' }: Taint): string | undefined {
  const terms =
    spec.template.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
      ?.nodeSelectorTerms
  if (!terms || terms.length === 0) return undefined
  const excludes = terms.every(({ matchExpressions = [] }) =>
    matchExpressions.some(
      (one) =>
        one.key === key &&
        (one.operator === 'DoesNotExist' ||
          (one.operator === 'NotIn' && (one.values ?? []).includes(value))),
    ),
  )
  if (!excludes) return undefined
  return value ? `${key}=${value}` : key
}

function selectsOnlyTainted({ recount, index }: DaemonSetFacts, taint: Taint): boolean {
  const selected = recount.nodes.filter(({ reasons }) => !reasons.some(isSelection))
  return (
    selected.length < recount.nodes.length &&
    selected.every(({ name }) =>
      index
        .node(name)
        ?.spec?.taints?.some(({ key, effect }) => key === taint.key && effect === taint.effect),
    )
  )
}

function selectorWords(selects: readonly (readonly [string, string])[]): Words {
  const [first] = selects
  return first ? words`: ${code(first.join('='))}` : []
}

/** The other DaemonSets with such a pod on each of these nodes; of many nodes, the first three. */
function daemonSetsOn(
  { facts, nodes }: Pick<TaintedPods, 'facts' | 'nodes'>,
  counts: (pod: Pod) => boolean,
): readonly DaemonSet[] {
  const { index, daemonSet } = facts
  const [first, ...rest] = nodes.slice(0, 3).map(({ name }) => {
    const owners = index.podsOn(name).flatMap((pod) => {
      const owner = controllerRef(pod)
      return owner?.kind === 'DaemonSet' && counts(pod) ? `${namespaceOf(pod)}/${owner.name}` : []
    })
    return new Set(owners)
  })
  if (!first) return []
  const common = [...first].filter((id) => rest.every((owners) => owners.has(id)))
  return common.flatMap((id) => {
    const [namespace = '', name] = id.split('/')
    const found = index.daemonSetsIn(namespace).find(({ metadata }) => metadata.name === name)
    return found && found !== daemonSet ? [found] : []
  })
}

/** Whether it has a pod on none of the nodes where this DaemonSet rightly runs. */
function isApart(other: DaemonSet, { recount, index }: DaemonSetFacts): boolean {
  const right = rightNodes(recount.nodes)
  return (
    right.length > 0 &&
    right.every(({ name }) =>
      index.podsOn(name).every((pod) => {
        const owner = controllerRef(pod)
        return owner?.name !== other.metadata.name || namespaceOf(pod) !== namespaceOf(other)
      }),
    )
  )
}

/** Where the DaemonSet rightly runs; of many nodes, the first twenty. */
function rightNodes(verdicts: readonly NodeVerdict[]): readonly NodeVerdict[] {
  return verdicts.filter(({ shouldRun, pods }) => shouldRun && pods.length > 0).slice(0, 20)
}

/**
 * The nodes whose pods show whether another DaemonSet serves the misscheduled nodes in this one's
 * place: one of its kind, of which no pod is known so far, or one on these nodes.
 */
export function nodesToCompare(
  daemonSet: DaemonSet,
  index: SnapshotIndex,
  verdicts: readonly NodeVerdict[],
): readonly NodeVerdict[] {
  const wrong = new Set(verdicts.flatMap((one) => (one.misscheduled ? [one.name] : [])))
  const mayServe = (other: DaemonSet): boolean => {
    const pods = index.world.podsControlledBy(other.metadata.uid ?? '')
    return pods.length === 0 || pods.some((pod) => wrong.has(targetNodeName(pod) ?? ''))
  }
  const others = index.snapshot.daemonSets.filter((other) => other !== daemonSet)
  return others.some((other) => isVariant(other, daemonSet) && mayServe(other))
    ? rightNodes(verdicts)
    : []
}

/** Whether both run the same image, or one is named after the other: `agent`, `agent-gpu`. */
function isVariant(one: DaemonSet, other: DaemonSet): boolean {
  const [name, otherName] = [one.metadata.name, other.metadata.name]
  if (name.startsWith(`${otherName}-`) || otherName.startsWith(`${name}-`)) return true
  const repositories = new Set(repositoriesOf(other))
  return repositoriesOf(one).some((repository) => repositories.has(repository))
}

function repositoriesOf({ spec }: DaemonSet): readonly string[] {
  return (spec.template.spec?.containers ?? []).flatMap(({ image }) =>
    image === undefined ? [] : image.replace(/@.*$/, '').replace(/:[^/]*$/, ''),
  )
}

/** Whether both are parts of one release, operator or product, judging by owner and labels. */
function isSameProduct(one: DaemonSet, other: DaemonSet): boolean {
  if (namespaceOf(one) !== namespaceOf(other)) return false
  const owner = controllerRef(one)?.uid
  if (owner !== undefined && owner === controllerRef(other)?.uid) return true
  const PRODUCT = ['app.kubernetes.io/part-of', 'app.kubernetes.io/instance']
  return PRODUCT.some((label) => {
    const value = one.metadata.labels?.[label]
    return value !== undefined && value === other.metadata.labels?.[label]
  })
}

function namesKey({ spec }: DaemonSet, taint: Taint): boolean {
  return effectiveTolerations(spec.template.spec).some(
    (toleration) => toleration.key === taint.key && toleratesTaint(toleration, taint),
  )
}
