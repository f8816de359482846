import { isReady, isTerminal, isTerminating } from '../../daemonset/object-state.ts'
import { code, nodeOrCount, type Words, words } from '../../words/words.ts'
import { creationFailure, platformFailure, waitingFor } from '../facts/pod-platform.ts'
import type { Clue, TaintedPods } from './clues.ts'
import {
  nodePlatform,
  type Platform,
  platformMarks,
  platformOfTaint,
  platformSelection,
} from './platform.ts'

/** The platform that a taint of these pods' nodes names; undefined if it names none. */
export function taintedPlatform({ nodes, taint }: TaintedPods): Platform | undefined {
  for (const { node } of nodes) {
    const platform = platformOfTaint(node, taint)
    if (platform) return platform
  }
  return undefined
}

/**
 * What shows whether the pods are made for the machines they are on. If the taint is about
 * something else, only a failure that comes from the machine counts.
 */
export function platformClues(pods: TaintedPods): readonly Clue[] {
  const platform = taintedPlatform(pods)
  return [
    ...failures(pods, platform !== undefined),
    ...(platform ? [...stateClues(pods), ...templateClues(pods, platform)] : []),
  ]
}

/** The pods that cannot run on their machines, with why. */
export function failingPods(
  { cases }: Pick<TaintedPods, 'cases'>,
  isPlatformTaint: boolean,
): readonly { readonly node: string; readonly why: string }[] {
  return cases.flatMap(({ node, pod }) => {
    if (isReady(pod.pod)) return []
    const why = platformFailure(pod.pod) ?? (isPlatformTaint ? creationFailure(pod.pod) : undefined)
    return why === undefined ? [] : [{ node: node.name, why }]
  })
}

function failures(pods: TaintedPods, isPlatformTaint: boolean): readonly Clue[] {
  const { facts, nodes } = pods
  const failing = failingPods(pods, isPlatformTaint)
  const [first] = failing
  const clues: Clue[] = []
  if (first)
    clues.push({
      side: 'against',
      weight: 3,
      words: words`its pod on ${code(first.node)} ${first.why}${failing.length > 1 ? `, as do ${failing.length - 1} more` : ''}`,
    })
  const os = facts.daemonSet.spec.template.spec?.os?.name
  const other = nodes.find(({ node }) => {
    const actual = nodePlatform(node, 'os')
    return os !== undefined && actual !== undefined && actual !== os.toLowerCase()
  })
  if (other)
    clues.push({
      side: 'against',
      weight: 3,
      words: words`its template says ${code(`spec.os.name: ${os}`)}, and ${code(other.name)} runs ${nodePlatform(other.node, 'os') ?? 'another system'}`,
    })
  return clues
}

function stateClues({ cases }: TaintedPods): readonly Clue[] {
  const ready = cases.filter(({ pod }) => isReady(pod.pod) && !isTerminating(pod.pod))
  if (ready.length === 0) return []
  const nodes = ready.map(({ node }) => node.name)
  return [
    {
      side: 'for',
      weight: 3,
      words: words`its ${ready.length === 1 ? 'pod is' : 'pods are'} Ready on ${nodeOrCount(nodes)}, so its image runs there`,
    },
  ]
}

function templateClues({ facts, cases }: TaintedPods, platform: Platform): readonly Clue[] {
  const { name, daemonSet } = facts
  const spec = daemonSet.spec.template.spec
  const selection = platformSelection(spec, platform)
  const clues: Clue[] = []
  if (selection)
    clues.push({
      side: 'for',
      weight: 3,
      words: words`its template is made for such nodes: ${code(selection)}`,
    })
  const marks = platformMarks(name, spec, platform.aspect)
  if (marks.length > 0) clues.push(markClue(marks, platform))
  else if (platform.value === 'windows' && !selection && neverReady(cases))
    clues.push({
      side: 'against',
      weight: 1,
      words: words`nothing in its template asks for Windows, and its pod is not Ready there${waiting(cases)}`,
    })
  return clues
}

/** What its image or name is marked with, as a hint. */
function markClue(marks: readonly Platform[], { value }: Platform): Clue {
  const own = marks.some((mark) => mark.value === value)
  return {
    side: own ? 'for' : 'against',
    weight: own ? 1 : 2,
    words: words`it is made for ${marks.map((mark) => mark.value).join(' and ')}, judging by its image or name`,
  }
}

function neverReady(cases: TaintedPods['cases']): boolean {
  return cases.every(
    ({ pod: { pod } }) =>
      !isTerminal(pod) &&
      (pod.status?.phase === 'Pending' ||
        pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False')),
  )
}

function waiting(cases: TaintedPods['cases']): Words {
  const state = cases.map(({ pod }) => waitingFor(pod.pod)).find((one) => one !== undefined)
  return state === undefined ? [] : words` (${code(state)})`
}
