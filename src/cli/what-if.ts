import { meetsRequirements, parseLabelSelector } from '../daemonset/label-selector.ts'
import { type Change, type Prediction, predict } from '../daemonset/predict.ts'
import type { DaemonSet, Snapshot, Toleration } from '../kubernetes/objects.ts'
import { indexOf } from '../triage/facts/snapshot-index.ts'
import { code, listed, type Words, words } from '../words/words.ts'
import { blindness, type CommandResult } from './command-result.ts'
import type { PrintOptions, SourceOptions } from './options.ts'
import { chosenDaemonSets, parseDaemonSetName } from './source.ts'
import { parseTaintChange, parseToleration } from './taint-syntax.ts'
import { wrapped } from './terminal.ts'
import { UsageError } from './usage-error.ts'
import { type Consequence, whatIfText } from './what-if-text.ts'

/** What a taint, put on the selected nodes or taken off, would do to every DaemonSet. What was typed is checked before anything is read. */
export async function whatIfTaint(
  read: () => Promise<Snapshot>,
  selector: string,
  taint: string,
  options: SourceOptions & PrintOptions,
): Promise<CommandResult> {
  const removes = parseTaintChange(taint, []).kind === 'remove-taint'
  const select = nodeSelection(selector)
  const snapshot = await read()
  const blind = blindness(snapshot)
  const nodes = select(snapshot)
  if (nodes.length === 0)
    throw new Error(
      `No node is selected by ${selector}. See the labels with kubectl get nodes --show-labels`,
    )
  const change = parseTaintChange(taint, nodes)
  const consequences = chosenDaemonSets(snapshot, options).map((daemonSet) =>
    consequence(daemonSet, snapshot, change),
  )
  const where =
    nodes.length === 1
      ? words`node ${listed(nodes)}`
      : words`${nodes.length} nodes: ${listed(nodes)}`
  const title = words`${removes ? 'Without' : 'With'} the taint ${code(removes ? taint.slice(0, -1) : taint)} on ${where}`
  return answer({ change, title, consequences, nodes, blind }, options)
}

/** What further tolerations would do to one DaemonSet. What was typed is checked before anything is read. */
export async function whatIfTolerate(
  read: () => Promise<Snapshot>,
  subject: string,
  tolerations: readonly string[],
  options: SourceOptions & PrintOptions,
): Promise<CommandResult> {
  const { namespace, name } = parseDaemonSetName(subject, options)
  const change: Change = {
    kind: 'tolerate',
    tolerations: tolerations.map((text): Toleration => parseToleration(text)),
  }
  const snapshot = await read()
  const blind = blindness(snapshot)
  const daemonSet = indexOf(snapshot)
    .daemonSetsIn(namespace)
    .find(({ metadata }) => metadata.name === name)
  if (!daemonSet)
    throw new Error(
      `There is no DaemonSet ${namespace}/${name}. List them with kubectl get daemonsets -A`,
    )
  const title = words`If ${code(`${namespace}/${name}`)} tolerated ${listed(tolerations, tolerations.length)}`
  return answer(
    { change, title, consequences: [consequence(daemonSet, snapshot, change)], blind },
    options,
  )
}

interface Trial {
  readonly change: Change
  readonly title: Words
  readonly consequences: readonly Consequence[]
  readonly nodes?: readonly string[]
  readonly blind: string | undefined
}

function answer(
  { change, title, consequences, nodes, blind }: Trial,
  options: PrintOptions,
): CommandResult {
  const printed = consequences.filter(
    ({ changes }) => changes || options.nodes === 'all' || change.kind === 'tolerate',
  )
  return {
    text: (terminal) => [
      ...whatIfText(title, consequences, terminal),
      ...(evicts(change) ? ['', ...wrapped([OTHERS], terminal)] : []),
    ],
    json: { change, ...(nodes && { nodes }), daemonSets: printed },
    misscheduled: printed.some(({ after }) => after.numberMisscheduled > 0),
    blind,
  }
}

const OTHERS =
  'Pods of other workloads on these nodes that do not tolerate the taint are evicted too; they are not counted here.'

function evicts(change: Change): boolean {
  return change.kind === 'taint' && change.taint.effect === 'NoExecute'
}

/** The nodes that kubectl's selector selects; a bare word may also be the name of one node. */
function nodeSelection(selector: string): (snapshot: Snapshot) => readonly string[] {
  const requirements = parseLabelSelector(selector)
  if (!requirements && !/^[a-z0-9.-]+$/.test(selector)) {
    throw new UsageError(
      `${selector} is no node selector. Write it as for kubectl, for example pool=gpu`,
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

function consequence(daemonSet: DaemonSet, snapshot: Snapshot, change: Change): Consequence {
  const { namespace = 'default', name } = daemonSet.metadata
  const outcome = predict(daemonSet, indexOf(snapshot).world, change)
  return { namespace, name, changes: differs(outcome), ...outcome }
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
