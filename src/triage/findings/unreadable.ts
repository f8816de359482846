import { code, listed, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { Finding } from './finding.ts'

/** The finding where nodes or pods could not be read: no count of ours stands then, so nothing is said of causes. */
export function unreadableFinding({
  index,
  daemonSet,
  namespace,
  name,
}: DaemonSetFacts): Finding | undefined {
  const missing = (['nodes', 'pods'] as const).filter((resource) => !index.has(resource))
  if (missing.length === 0) return undefined
  const count = daemonSet.status?.numberMisscheduled
  return {
    id: 'unknown',
    heldBy: null,
    cause: 'unknown',
    variant: 'unreadable',
    key: null,
    nodes: [],
    pods: [],
    summary: words`The status of ${code(name)} says ${count ?? 'nothing of'} misscheduled; why cannot be told, as ${listed(missing)} could not be read.`,
    why: ['The cause shows only when nodes and pods are compared with the template.'],
    perNode: [],
    evidence: index.snapshot.unreadable.map(
      ({ resource, reason }) => words`${code(resource)}: ${reason}`,
    ),
    remedies: [
      {
        kind: 'repair-controller',
        horizon: 'now',
        recommended: true,
        tempting: false,
        title: words`Let ${listed(missing)} be read`,
        why: [
          'The reader lacks the right, or the API server did not answer: the evidence says which.',
        ],
        commands: missing.map((resource) => `kubectl auth can-i list ${resource} --all-namespaces`),
        predict: null,
      },
      {
        kind: 'none',
        horizon: 'for-good',
        recommended: true,
        tempting: false,
        title: ['Nothing to change'],
        why: ['What to change depends on the cause.'],
        predict: null,
      },
    ],
    root: `${namespace}/${name}`,
  }
}
