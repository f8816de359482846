import { undoesPatches } from '../../ownership/ownership.ts'
import { code, names, words } from '../../words/words.ts'
import { definePlacementCause } from '../findings/placement-cause.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'

/** The template names one node, so every other is wrong. */
export const templateNodeName = definePlacementCause<{ readonly nodeName: string }>({
  id: 'P4',
  cause: 'template-node-name',
  title: 'The template sets nodeName',
  diagnose: ({ reason }) =>
    reason.type === 'NodeName' ? { nodeName: reason.nodeName } : undefined,
  key: () => null,
  ownIncident: true,
  headline: ({ who }) =>
    words`${who} is pinned to one node by its template; its pods elsewhere are still there`,
  past: ({ who }) => words`${who} was pinned to one node by its template`,
  explain({ facts: { namespace, name, owner }, nodes, cases: [{ evidence }] }) {
    const origin = owner.chain.at(-1)
    const fix = (horizon: RemedyDraft['horizon']): RemedyDraft => ({
      kind: 'change-placement',
      horizon,
      title: words`Remove ${code('nodeName')} from the template`,
      why: words`With it, the DaemonSet runs on that node only. Choose nodes with a node selector.${origin === undefined ? '' : ` The template comes from ${origin}: remove it there too.`}`,
      ...(!undoesPatches(owner) && {
        commands: [
          `kubectl -n ${namespace} patch daemonset ${name} --type=json -p '[{"op":"remove","path":"/spec/template/spec/nodeName"}]'`,
        ],
      }),
    })
    return {
      summary: words`may run on ${code(evidence.nodeName)} only, not on ${names(nodes)}`,
      why: words`The template's ${code('nodeName')} is ${code(evidence.nodeName)}.`,
      evidence: [words`${code(`spec.template.spec.nodeName: ${evidence.nodeName}`)}`],
      first: [fix('now')],
      after: [fix('for-good')],
    }
  },
})
