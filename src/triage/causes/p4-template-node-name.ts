import { undoesPatches } from '../../ownership/ownership.ts'
import { code, names, words } from '../../words/words.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

/** The template names one node, so every other is wrong. */
export const templateNodeName = definePlacementCause<{ readonly nodeName: string }>({
  id: 'P4',
  cause: 'template-node-name',
  title: 'The template sets nodeName',
  diagnose: (misscheduling) =>
    misscheduling.reason.type === 'NodeName'
      ? { nodeName: misscheduling.reason.nodeName }
      : undefined,
  key: () => null,
  ownIncident: true,
  headline: ({ who }) =>
    words`${who} is pinned to one node by its template; its pods elsewhere are still there`,
  explain(found) {
    const [{ evidence }] = found.cases
    const { namespace, name, owner } = found.facts
    const fix = (horizon: RemedyDraft['horizon']): RemedyDraft => ({
      kind: 'change-placement',
      horizon,
      title: words`Take ${code('nodeName')} out of the template`,
      why: words`A DaemonSet with it runs on that node alone. Use a node selector to choose nodes.${owner.kind === 'none' ? '' : ` ${owner.fix}`}`,
      ...(!undoesPatches(owner) && {
        commands: [
          `kubectl -n ${namespace} patch daemonset ${name} --type=json -p '[{"op":"remove","path":"/spec/template/spec/nodeName"}]'`,
        ],
      }),
    })
    return {
      summary: words`is wanted on ${code(evidence.nodeName)} only, not on ${names(found.nodes)}`,
      why: words`The template's ${code('nodeName')} is ${code(evidence.nodeName)}.`,
      evidence: [words`${code(`spec.template.spec.nodeName: ${evidence.nodeName}`)}`],
      first: [fix('now')],
      after: [fix('for-good')],
    }
  },
})
