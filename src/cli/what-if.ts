import { UsageError } from '../config/usage-error.ts'
import { type Change, changesNodes } from '../daemonset/change.ts'
import { meetsRequirements, parseLabelSelector } from '../daemonset/label-selector.ts'
import { type Prediction, predict } from '../daemonset/predict.ts'
import type { World } from '../daemonset/world.ts'
import type { DaemonSet, Snapshot } from '../kubernetes/objects.ts'
import type { Question } from '../kubernetes/question.ts'
import { indexSnapshot } from '../triage/facts/snapshot-index.ts'
import { questionAbout } from '../triage/question.ts'
import { code, listed, words } from '../words/words.ts'
import {
  type PrintOptions,
  parseDaemonSetName,
  parseTaintChange,
  parseToleration,
  type SourceOptions,
} from './arguments.ts'
import { notFound } from './nearest.ts'
import { whyTaintsChangeNothing, whyTolerationsDoNotHelp } from './no-effect.ts'
import { type CommandResult, unreadableText } from './report.ts'
import { chosenDaemonSets } from './snapshot.ts'
import { type Effect, type WhatIf, whatIfText } from './what-if-text.ts'

type Options = SourceOptions & PrintOptions

/**
 * `what-if taint`: the effect of a taint, added to or removed from the selected nodes, on every
 * DaemonSet. The arguments are checked before the cluster is read.
 */
export async function whatIfTaint(
  read: () => Promise<Snapshot>,
  selector: string,
  taint: string,
  options: Options,
): Promise<CommandResult> {
  const removes = parseTaintChange(taint, []).kind === 'remove-taint'
  const select = nodeSelection(selector)
  const snapshot = await read()
  const unreadable = unreadableText(snapshot)
  const nodes = select(snapshot)
  if (nodes.length === 0)
    throw new Error(
      `No node matches ${selector}. To see the labels, run: kubectl get nodes --show-labels`,
    )
  const change = parseTaintChange(taint, nodes)
  const { world } = indexSnapshot(snapshot)
  const chosen = chosenDaemonSets(snapshot, options)
  const effects = chosen.map((daemonSet) => effectOn(daemonSet, world, change))
  const hasEffect = !changesNodes(change) || effects.some(({ changes }) => changes)
  const why = hasEffect ? [] : whyTaintsChangeNothing(change, chosen, world)
  const on =
    nodes.length === 1
      ? words`node ${listed(nodes)}`
      : words`${nodes.length} nodes: ${listed(nodes)}`
  const title = words`${removes ? 'Without' : 'With'} the taint ${code(removes ? taint.slice(0, -1) : taint)} on ${on}`
  return result({ change, title, effects, nodes, why, unreadable }, options)
}

/**
 * `what-if tolerate`: the effect of more tolerations on one DaemonSet. The arguments are checked
 * before the cluster is read.
 */
export async function whatIfTolerate(
  read: (about: Question) => Promise<Snapshot>,
  subject: string,
  tolerations: readonly string[],
  options: Options,
): Promise<CommandResult> {
  const { namespace, name } = parseDaemonSetName(subject, options)
  const change = { kind: 'tolerate', tolerations: tolerations.map(parseToleration) } as const
  const snapshot = await read(questionAbout([{ namespace, name }]))
  const unreadable = unreadableText(snapshot)
  const { world, daemonSetsIn } = indexSnapshot(snapshot)
  const daemonSet = daemonSetsIn(namespace).find(({ metadata }) => metadata.name === name)
  if (!daemonSet) throw new Error(notFound({ namespace, name }, snapshot.daemonSets))
  const title = words`If ${code(`${namespace}/${name}`)} tolerated ${listed(tolerations, tolerations.length)}`
  const effect = effectOn(daemonSet, world, change)
  const { before, after } = effect
  const helps = after.numberMisscheduled < before.numberMisscheduled
  const why = helps ? [] : whyTolerationsDoNotHelp(change, daemonSet, world)
  return result({ change, title, effects: [effect], why, unreadable }, options)
}

function result(whatIf: WhatIf, options: PrintOptions): CommandResult {
  const { change, effects, nodes, unreadable } = whatIf
  const printed = effects.filter(
    ({ changes }) => changes || options.nodes === 'all' || change.kind === 'tolerate',
  )
  return {
    text: (terminal) => whatIfText(whatIf, terminal),
    json: { change, ...(nodes && { nodes }), daemonSets: printed },
    misscheduled: printed.some(({ after }) => after.numberMisscheduled > 0),
    unreadable,
  }
}

/** Selects nodes as kubectl does; a bare word may also be the name of a node. */
function nodeSelection(selector: string): (snapshot: Snapshot) => readonly string[] {
  const requirements = parseLabelSelector(selector)
  if (!requirements && !/^[a-z0-9.-]+$/.test(selector)) {
    throw new UsageError(
      `"${selector}" is not a node selector. Use kubectl syntax, for example pool=gpu`,
    )
  }
  return ({ nodes }) => {
    const named = nodes.filter(({ metadata }) => metadata.name === selector)
    const chosen =
      named.length > 0 || !requirements
        ? named
        : nodes.filter(({ metadata }) => meetsRequirements(requirements, metadata.labels))
    return chosen.map(({ metadata }) => metadata.name)
  }
}

function effectOn(daemonSet: DaemonSet, world: World, change: Change): Effect {
  const { namespace = 'default', name } = daemonSet.metadata
  const prediction = predict(daemonSet, world, change)
  return { namespace, name, changes: differs(prediction), ...prediction }
}

function differs({
  before,
  after,
  misscheduledBefore,
  misscheduledAfter,
  gained,
  lost,
  podsRestarted,
}: Prediction): boolean {
  if (gained.length + lost.length + podsRestarted > 0) return true
  return JSON.stringify([before, misscheduledBefore]) !== JSON.stringify([after, misscheduledAfter])
}
