import { code, type Words, words } from '../../words/words.ts'
import type { DaemonSetFacts } from '../facts/facts.ts'
import type { RemedyDraft } from './remedies.ts'

/** Touching the DaemonSet, so that the controller counts again. No pod restarts: an annotation of the object is not part of the template. */
export function recountDraft(
  { namespace, name }: DaemonSetFacts,
  why: Words,
  part: Pick<RemedyDraft, 'tempting' | 'choice'> = {},
): RemedyDraft {
  return {
    kind: 'recount',
    horizon: 'now',
    title: words`Touch ${code(name)}, so that it is counted again`,
    why: words`${why} It sets an annotation; no pod restarts.`,
    ...part,
    commands: [
      `kubectl -n ${namespace} annotate daemonset ${name} daemonset-triage/recount="$(date +%s)" --overwrite`,
    ],
    change: { kind: 'recount' },
  }
}
