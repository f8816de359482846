import type { Taint } from '../../kubernetes/objects.ts'
import {
  code,
  joined,
  listed,
  names,
  nodeOrCount,
  plural,
  time,
  type Words,
  words,
} from '../../words/words.ts'
import { yamlItems, yamlUnder } from '../../words/yaml.ts'
import type { Case } from '../facts/facts.ts'
import { wrongTaint } from '../facts/facts.ts'
import { MANAGED_FIELDS, REVISIONS } from '../facts/needs.ts'
import { roleTitle } from '../facts/role.ts'
import { together } from '../findings/cause.ts'
import {
  ADDED_LATER,
  askFirst,
  decideFirst,
  hidesManagedFields,
  openLine,
  unreadTolerations,
} from '../findings/open-history.ts'
import { type CaseGroup, defineCause } from '../findings/pod-cause.ts'
import { ifStaying } from '../findings/staying.ts'
import { deletePods, infrastructureNote, removeTaint, waitForFix } from '../remedies/drafts.ts'
import type { RemedyDraft } from '../remedies/remedy.ts'
import { tolerate } from '../remedies/tolerate-draft.ts'
import { type EarlyBinding, earlyBinding } from '../taints/early-binding.ts'
import { taintedBy } from '../taints/taint-history.ts'
import { tellingText } from '../taints/taint-value.ts'

/**
 * The pod was bound before the taint was added: the node joined untainted, or came back under the
 * same name. A kubelet runs what is bound to it, whatever a NoSchedule taint says.
 */
export const boundBeforeTaint = defineCause<EarlyBinding>({
  id: 'T6',
  cause: 'bound-before-taint',
  title: 'The pod was bound before the taint was added, when the node joined',
  needs: [MANAGED_FIELDS, REVISIONS],
  explains: 'history',
  diagnose(misscheduling) {
    const taint = wrongTaint(misscheduling)
    return taint && earlyBinding(misscheduling, taint)
  },
  key: (_, { taint }) => taint.key,
  taint: (_, { taint }) => taint,
  variant: (_, { state }) => state,
  headline(incident) {
    const { who, many, isOpen } = incident
    const { nodes, keys } = together(incident)
    return words`${who} ${many ? 'were' : 'was'}${isOpen ? ' probably' : ''} bound to ${nodeOrCount(nodes)} before the ${plural(keys.length, 'taint', 'taints')} ${listed(keys, 2)} ${plural(keys.length, 'was', 'were')} added`
  },
  past(incident) {
    const { nodes, keys } = together(incident)
    return words`${incident.who} ${incident.many ? 'were' : 'was'} bound to ${nodeOrCount(nodes)} before the ${plural(keys.length, 'taint', 'taints')} ${listed(keys, 2)} ${plural(keys.length, 'was', 'were')} added`
  },
  explain(group) {
    const { facts, nodes, cases, variant } = group
    const { taint } = cases[0].evidence
    const isOpen = cases.some((one) => othersOf(one).length > 0)
    return {
      isOpen,
      summary: words`${code(facts.name)} was${isOpen ? ' probably' : ''} bound to ${names(nodes)} before ${code(tellingText(facts.index, taint))} was added.`,
      ifIgnored: ifStaying(group),
      why: isOpen
        ? openWords(variant)
        : variant === 're-registered'
          ? words`The Node object is newer than the pod: the node came back under the same name, now with a taint. A kubelet runs what is bound to it, and ${code('NoSchedule')} removes nothing.`
          : words`The node joined without its taint and got the pod before the taint was added. ${code('NoSchedule')} removes nothing, so the pod stays.`,
      perNode: nodes.map(({ name, node }) => ({
        node: name,
        reason: words`${code(tellingText(facts.index, taint))}${isOpen ? '' : ' added after the pod'}${node.metadata.creationTimestamp ? words`, node created at ${time(node.metadata.creationTimestamp)}` : ''}`,
      })),
      evidence: [
        ...cases.slice(0, 5).map(evidence),
        ...cases
          .filter((one) => othersOf(one).length > 0)
          .slice(0, 3)
          .map((one) => openLine(one, [EARLY[one.evidence.state], ...othersOf(one)])),
      ],
      drafts: isOpen
        ? askFirst(drafts(group), decideFirst(group, ['managed-fields', 'revisions']))
        : drafts(group),
    }
  },
})

const EARLY: Readonly<Record<EarlyBinding['state'], Words>> = {
  'born-untainted': ['the pod was bound first, as the node joined (T6)'],
  're-registered': ['the node came back with the taint (T6)'],
}

/** The other causes that fit, because what would exclude them is missing. */
function othersOf(one: Case<EarlyBinding>): readonly Words[] {
  const templates = one.pod.current === undefined ? unreadTolerations(one) : []
  return hidesManagedFields(one) && taintedBy(one.node, one.evidence.taint) === undefined
    ? [ADDED_LATER, ...templates]
    : templates
}

function openWords(variant: string | null): Words {
  return variant === 're-registered'
    ? words`The Node object is newer than the pod: the node registered again under the same name. Whether it came back with the taint, or got it later, is unknown.`
    : words`The pod was bound within 2 min of its node joining, and other nodes with this taint have no pod. When the taint was added is unknown.`
}

function evidence({ node, pod, evidence: { spread, without } }: Case<EarlyBinding>): Words {
  const bound =
    pod.pod.status?.conditions?.find(
      ({ type, status }) => type === 'PodScheduled' && status === 'True',
    )?.lastTransitionTime ??
    pod.pod.metadata.creationTimestamp ??
    ''
  const peers = spread.tainted.length - 1
  const alone =
    peers > 0
      ? words`; ${without} of the ${peers} other nodes with this taint have no pod of it`
      : ''
  return words`${code(node.name)}: created at ${time(node.node.metadata.creationTimestamp ?? '')}${alone}; pod ${code(pod.name)} bound at ${time(bound)}`
}

function drafts({
  facts,
  nodes,
  pods,
  cases,
}: CaseGroup<EarlyBinding>): readonly (RemedyDraft | undefined)[] {
  const { taint } = cases[0].evidence
  const isOpen = cases.some((one) => othersOf(one).length > 0)
  const note = infrastructureNote(facts)
  return [
    deletePods(facts, pods, {
      horizon: 'now',
      why: [
        isOpen
          ? 'Right if the pool is meant to have this taint. The controller will not recreate it.'
          : 'It got there through a race. The controller keeps it off such nodes and will not recreate it.',
      ],
    }),
    tolerate(facts, nodes, taint, {
      horizon: 'now',
      ...(note.length === 0 && { choice: true }),
      why: joined([['Right if it should run on all such nodes after all.'], note]),
    }),
    waitForFix(facts, ['Nothing ends it: the taint and the pod both stay.']),
    removeTaint(nodes, taint, {
      horizon: 'now',
      ...(isOpen
        ? { choice: true, why: ['Right only if the taint is a mistake.'] }
        : { tempting: true, why: ['The pool is meant to have this taint.'] }),
    }),
    {
      kind: 'register-with-taints',
      horizon: 'for-good',
      title: ['Register nodes with their taints'],
      why: words`${isOpen ? 'If the pod was bound first: without it,' : 'Otherwise'} each new node of the pool can get ${roleTitle(facts.role)} pod in the same way. Set them in the node pool, or with the kubelet's ${code('--register-with-taints')}.`,
      snippet: registerWithTaints(taint),
      place: ['In the configuration of the node pool or of its kubelets, not in the DaemonSet.'],
    },
  ]
}

function registerWithTaints({ key, value, effect }: Taint): string {
  const lines = yamlUnder('registerWithTaints', yamlItems([{ key, value, effect }]))
  return `# KubeletConfiguration\n${lines.join('\n')}\n`
}
