import type { NodeSelectorTerm, SelectorRequirement, Taint } from '../../kubernetes/objects.ts'
import { code, type Words, words } from '../../words/words.ts'
import { yamlScalar, yamlUnder } from '../../words/yaml.ts'
import type { DaemonSetFacts, NodeFacts } from '../facts/facts.ts'
import type { TaintedPods } from '../taints/clues.ts'
import { nodePlatform, type Platform } from '../taints/platform.ts'
import { failingPods, taintedPlatform } from '../taints/platform-clues.ts'
import { spreadOf } from '../taints/taint-spread.ts'
import { tellingValue } from '../taints/taint-value.ts'
import { excludedLabel } from '../taints/template-clues.ts'
import type { DraftPart } from './drafts.ts'
import type { Placement, RemedyDraft } from './remedy.ts'

/**
 * Keeping the DaemonSet off these nodes by its node selector or affinity: by the operating system
 * or architecture that its image lacks, otherwise by a label that these nodes have and others do
 * not. If there is no such label, the nodes get one.
 */
export function excludeNodes(pods: TaintedPods, part: DraftPart): RemedyDraft {
  const { facts, nodes, taint } = pods
  const platform = wrongPlatform(pods)
  const isExcluded = !platform && excludedLabel(facts.daemonSet, taint) !== undefined
  const known = platform
    ? { key: `kubernetes.io/${platform.aspect}`, value: platform.value }
    : isExcluded
      ? undefined
      : sharedLabel(facts, nodes, taint)
  const value = isExcluded ? taint.value : tellingValue(facts.index, taint)
  const taintLabel = { key: taint.key, value: value || 'true' }
  const label = known ?? taintLabel
  const text = `${label.key}=${label.value}`
  const names = nodes.slice(0, 20).map(({ name }) => name)
  const labelling = known ? {} : { commands: [`kubectl label node ${names.join(' ')} ${text}`] }
  if (isExcluded)
    return {
      kind: 'change-placement',
      title: words`Label each tainted node ${code(text)}`,
      ...part,
      ...labelling,
    }
  const own = platform && ownPlatform(platform)
  return {
    kind: 'change-placement',
    title: own
      ? words`Select ${code(`${label.key}: ${own}`)}`
      : known
        ? words`Exclude nodes with label ${code(text)}`
        : words`Label each tainted node ${code(text)} and exclude the label`,
    ...part,
    ...labelling,
    ...placed(
      facts,
      own
        ? { selector: { [label.key]: own } }
        : { requirements: [{ key: label.key, operator: 'NotIn', values: [label.value] }] },
    ),
  }
}

/** The parts of a draft that ask this of nodes: the YAML for the pod template, and its place. */
export function placed(
  facts: DaemonSetFacts,
  placement: Placement,
): Pick<RemedyDraft, 'placement' | 'snippet' | 'place'> {
  const { selector, requirements = [] } = placement
  return {
    placement,
    snippet: [
      selector ? selectorSnippet(facts, selector) : '',
      requirements.length > 0 ? affinitySnippet(facts, requirements) : '',
    ].join(''),
    place: placementPlace(facts),
  }
}

/** Its required node affinity with more requirements in each term. */
function affinitySnippet(
  { daemonSet }: DaemonSetFacts,
  requirements: readonly SelectorRequirement[],
): string {
  const required =
    daemonSet.spec.template.spec?.affinity?.nodeAffinity
      ?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const terms: readonly NodeSelectorTerm[] = required.length > 0 ? required : [{}]
  const lines = yamlUnder(
    'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms',
    terms.flatMap(({ matchExpressions = [], matchFields = [] }) => [
      '- matchExpressions:',
      ...[...matchExpressions, ...requirements].flatMap(requirementLines),
      ...(matchFields.length > 0
        ? ['  matchFields:', ...matchFields.flatMap(requirementLines)]
        : []),
    ]),
  )
  return `${lines.join('\n')}\n`
}

/** Where a change of node selector or affinity goes. */
function placementPlace({ owner }: DaemonSetFacts): Words {
  const outermost = owner.chain.at(-1)
  return outermost === undefined
    ? ['In the pod template, and in the manifest it was made from if there is one.']
    : [`In the pod template. It comes from ${outermost}, so change its placement there.`]
}

function requirementLines({ key, operator, values = [] }: SelectorRequirement): readonly string[] {
  return [
    `    - key: ${yamlScalar(key)}`,
    `      operator: ${operator}`,
    ...(values.length > 0
      ? [`      values: [${values.map((one) => JSON.stringify(one)).join(', ')}]`]
      : []),
  ]
}

function selectorSnippet(
  { daemonSet }: DaemonSetFacts,
  added: Readonly<Record<string, string>>,
): string {
  const selector = { ...daemonSet.spec.template.spec?.nodeSelector, ...added }
  const lines = Object.entries(selector).map(
    ([name, wanted]) => `  ${yamlScalar(name)}: ${yamlScalar(wanted)}`,
  )
  return `nodeSelector:\n${lines.join('\n')}\n`
}

/** The platform of these nodes that keeps the pods from running there. */
function wrongPlatform(pods: TaintedPods): Platform | undefined {
  const tainted = taintedPlatform(pods)
  if (tainted) return tainted
  const [failing] = failingPods(pods, false)
  const node = failing && pods.facts.index.node(failing.node)
  if (!node) return undefined
  const right = pods.facts.recount.nodes.filter(
    ({ shouldRun, pods }) => shouldRun && pods.length > 0,
  )
  for (const aspect of ['os', 'arch'] as const) {
    const value = nodePlatform(node, aspect)
    const differs = right.every(({ name }) => {
      const other = pods.facts.index.node(name)
      return other !== undefined && nodePlatform(other, aspect) !== value
    })
    if (value !== undefined && right.length > 0 && differs) return { aspect, value }
  }
  return undefined
}

/** There are two operating systems, so the other one can be selected. */
function ownPlatform({ aspect, value }: Platform): string | undefined {
  if (aspect === 'arch') return undefined
  return value === 'windows' ? 'linux' : 'windows'
}

/** A label that all these nodes have and that means the taint: the taint's own, or their pool's. */
function sharedLabel(
  { index }: DaemonSetFacts,
  nodes: readonly NodeFacts[],
  taint: Taint,
): { readonly key: string; readonly value: string } | undefined {
  const [first] = nodes
  if (!first) return undefined
  const spread = spreadOf(index, first.node, taint)
  const wholePool = spread.pool && spread.tainted.length === spread.total
  const keys = [taint.key, ...(wholePool && spread.pool ? [spread.pool.label] : [])]
  for (const key of keys) {
    const value = first.node.metadata.labels?.[key]
    if (value !== undefined && nodes.every(({ node }) => node.metadata.labels?.[key] === value))
      return { key, value }
  }
  return undefined
}
