import { undoesPatches } from '../../ownership/ownership.ts'
import { code, names, plural, type Words, words } from '../../words/words.ts'
import type { HeadlineFacts } from '../findings/cause.ts'
import { definePlacementCause, held } from '../findings/placement-cause.ts'
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
  headline: (incident) =>
    words`${incident.who} is pinned to one node by its template; ${held(incident, elsewhere(incident)).now}`,
  past: (incident) =>
    words`${incident.who} was pinned to one node by its template, and ${held(incident, elsewhere(incident)).past}`,
  explain({ facts: { namespace, name, owner }, nodes, cases: [{ evidence }] }) {
    const origin = owner.chain.at(-1)
    const fix = (horizon: RemedyDraft['horizon']): RemedyDraft => ({
      kind: 'change-placement',
      horizon,
      title: words`Remove ${code('nodeName')} from the template`,
      why: words`With it, the DaemonSet runs on that node only; without it, on every node that the rest of the template allows. Choose nodes with a node selector.${origin === undefined ? '' : ` The template comes from ${origin}: remove it there too.`}`,
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

function elsewhere({ nodes }: HeadlineFacts): Words {
  return [plural(nodes.length, 'its pod elsewhere', 'its pods elsewhere')]
}
