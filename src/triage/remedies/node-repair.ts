import { joined, listed, type Words, words } from '../../words/words.ts'
import type { NodeFacts } from '../facts/facts.ts'
import { isSilent } from '../facts/readiness.ts'
import type { NodeRepair, RemedyDraft } from './remedy.ts'

/** The parts of a remedy that repair nodes. */
type RepairParts = Pick<RemedyDraft, 'title' | 'why'> & { readonly commands: readonly string[] }

/** Repairing these nodes, now. */
export function fixNodes(nodes: readonly NodeFacts[], effect: Words = []): RemedyDraft {
  const repair = {
    nodes: nodes.map(({ name, node }) => ({ name, silent: isSilent(node) })),
    effect,
  }
  return { kind: 'fix-node', horizon: 'now', ...repairParts([repair]), repair }
}

/** All of the repairs as one: each node and each sentence once. */
export function repairParts(repairs: readonly NodeRepair[]): RepairParts {
  const all = new Map(repairs.flatMap(({ nodes }) => nodes).map((node) => [node.name, node]))
  const nodes = [...all.values()]
  const names = nodes.map(({ name }) => name)
  const silent = nodes.filter((node) => node.silent).map(({ name }) => name)
  const reporting = nodes.filter((node) => !node.silent).map(({ name }) => name)
  const more = names.length - MOST_NAMES
  const effects = new Map(repairs.map(({ effect }) => [JSON.stringify(effect), effect]))
  return {
    title: title(names),
    why: joined([
      howTo(silent, reporting),
      silent.length > 1 ? ['If a machine is gone for good, delete its Node object.'] : [],
      ...effects.values(),
    ]),
    commands: [
      `kubectl describe node ${names.slice(0, MOST_NAMES).join(' ')}${more > 0 ? `   # and ${more} more` : ''}`,
      ...(silent.length === 1
        ? [`kubectl delete node ${silent[0]}   # only if the machine is gone for good`]
        : []),
    ],
  }
}

const MOST_NAMES = 3

function title(names: readonly string[]): Words {
  if (names.length === 1) return words`Fix node ${listed(names)}`
  return names.length <= MOST_NAMES
    ? words`Fix nodes ${listed(names)}`
    : [`Fix the ${names.length} nodes`]
}

function howTo(silent: readonly string[], reporting: readonly string[]): Words {
  if (silent.length === 0)
    return reporting.length === 1
      ? [
          'The kubelet reports what is wrong: check network, disk and container runtime of the node.',
        ]
      : [
          'The kubelets report what is wrong: check network, disk and container runtime of the nodes.',
        ]
  const back = 'check machine, network, disk and container runtime.'
  if (reporting.length === 0)
    return [`Bring the ${silent.length === 1 ? 'kubelet' : 'kubelets'} back: ${back}`]
  const reports =
    reporting.length === 1
      ? words`the kubelet of ${listed(reporting)} reports what is wrong`
      : words`those of ${listed(reporting)} report what is wrong`
  return words`Bring the ${silent.length === 1 ? 'kubelet' : 'kubelets'} of ${listed(silent)} back (${back.slice(0, -1)}); ${reports}.`
}
