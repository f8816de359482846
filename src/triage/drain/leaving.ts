import type { Node, Taint } from '../../kubernetes/objects.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import { lastWriter } from '../facts/managed-fields.ts'
import { type KnownTaint, knownTaint, taintText, taintTime } from '../taints/taints.ts'

/** What shows that a node is being removed or replaced. */
export interface Leaving {
  /** The taint that says so; undefined if something else does. */
  readonly taint?: Taint
  /** What is known about the tool that removes the node, and about its timeouts. */
  readonly known: KnownTaint
  /** When the removal started; RFC 3339. From managedFields, this is the latest possible time. */
  readonly since?: {
    readonly at: string
    readonly from: 'value' | 'timeAdded' | 'deletionTimestamp' | 'managedFields' | 'cordon'
  }
  /** A clause about the node: `cordoned by … at …`. Empty if `since` says it all. */
  readonly sign: Words
}

/** The removal that this taint announces. */
export function leavingByTaint(node: Node, taint: Taint): Leaving {
  const known = knownTaint(taint.key)
  const since = startByTaint(node, taint)
  const isShown = since && since.from !== 'managedFields' && since.from !== 'deletionTimestamp'
  return {
    taint,
    known,
    ...(since && { since }),
    sign: isShown ? [] : words`has the taint ${code(taintText(taint))}`,
  }
}

/**
 * The best sign that the node is leaving: a taint, its deletion, a mark, or a cordon by what
 * controls machines. A kubelet that does not respond is none, nor is a candidate for a scale-down:
 * the autoscaler considers broken nodes too.
 */
export function leavingOf(node: Node): Leaving | undefined {
  const taints = (node.spec?.taints ?? []).filter(
    ({ key }) => knownTaint(key).class === 'going-away',
  )
  const hard = taints.find(({ effect }) => effect !== 'PreferNoSchedule')
  if (hard) return leavingByTaint(node, hard)
  const deletion = leavingByDeletion(node)
  if (deletion) return deletion
  const mark = taints.find(({ key }) => MARKS.has(key))
  return mark ? leavingByTaint(node, mark) : leavingByCordon(node)
}

/** Whether Karpenter removes the node. */
export function isKarpenter({ known }: Leaving): boolean {
  return known.tool === KARPENTER
}

const KARPENTER = 'Karpenter'

/** Taints that keep nothing away (PreferNoSchedule) and still announce the removal. */
const MARKS = new Set(['node.cluster.x-k8s.io/outdated-revision'])

function startByTaint(node: Node, taint: Taint): Leaving['since'] {
  const added = taintTime(taint)
  if (added) return added
  const { deletionTimestamp } = node.metadata
  if (knownTaint(taint.key).tool === KARPENTER && deletionTimestamp)
    return { at: deletionTimestamp, from: 'deletionTimestamp' }
  const written = lastWriter(node.metadata, ['f:spec', 'f:taints'])?.time
  return written ? { at: written, from: 'managedFields' } : undefined
}

const TERMINATION = 'karpenter.sh/nodeclaim-termination-timestamp'

function leavingByDeletion({ metadata }: Node): Leaving | undefined {
  const { deletionTimestamp, finalizers = [], annotations = {} } = metadata
  const ends = annotations[TERMINATION]
  if (deletionTimestamp === undefined && ends === undefined) return undefined
  const isOfKarpenter =
    ends !== undefined || finalizers.some((name) => name.startsWith('karpenter.sh/'))
  return {
    known: removal(isOfKarpenter ? KARPENTER : undefined),
    ...(deletionTimestamp && {
      since: { at: deletionTimestamp, from: 'deletionTimestamp' as const },
    }),
    sign: deletionTimestamp
      ? words`held by ${finalizers.length > 0 ? words`finalizer ${code(finalizers.join(', '))}` : 'no finalizer'}`
      : words`its NodeClaim is being deleted (annotation ${code(TERMINATION)})`,
  }
}

function leavingByCordon(node: Node): Leaving | undefined {
  if (!node.spec?.unschedulable) return undefined
  const writer = cordonedBy(node)
  const controller =
    writer &&
    MACHINE_CONTROLLERS.find(
      ({ manager, annotation }) =>
        manager.test(writer.manager) &&
        (annotation === undefined || node.metadata.annotations?.[annotation] !== undefined),
    )
  return controller && writer
    ? {
        known: removal(controller.tool),
        ...(writer.time && { since: { at: writer.time, from: 'cordon' as const } }),
        sign: cordonWords(node),
      }
    : undefined
}

/** Who cordoned the node, and when: `cordoned by … at …`; empty if it is not cordoned. */
export function cordonWords(node: Node): Words {
  if (!node.spec?.unschedulable) return []
  const writer = cordonedBy(node)
  return writer
    ? words`cordoned by ${code(writer.manager)}${writer.time ? words` at ${time(writer.time)}` : ''}`
    : ['cordoned; who cordoned it is unknown']
}

/** The last writer of the cordon, from managedFields. */
export function cordonedBy(node: Node) {
  return lastWriter(node.metadata, ['f:spec', 'f:unschedulable'])
}

/**
 * What drains nodes only to remove them, by the name that managedFields has for it. A person with
 * kubectl, kured or a machine-config daemon may cordon a node that stays.
 */
const MACHINE_CONTROLLERS: readonly {
  readonly manager: RegExp
  readonly tool: string
  /** Many controllers are called `manager`; the node's annotation shows which one it is. */
  readonly annotation?: string
}[] = [
  { manager: /^karpenter$/, tool: KARPENTER },
  { manager: /^cluster-autoscaler$/, tool: 'the cluster autoscaler' },
  { manager: /^manager$/, tool: 'Cluster API', annotation: 'cluster.x-k8s.io/machine' },
  { manager: /^(capi|cluster-api)-/, tool: 'Cluster API' },
  { manager: /(^|-)machine-controller(-manager)?$/, tool: 'the machine controller' },
  { manager: /node-termination-handler$/, tool: 'the AWS Node Termination Handler' },
  { manager: /^kops$/, tool: 'kOps' },
  { manager: /^eksctl$/, tool: 'eksctl' },
]

function removal(tool: string | undefined): KnownTaint {
  return {
    class: 'going-away',
    setBy: tool ?? 'unknown',
    means: 'the node is being removed',
    doing: 'being removed',
    ends: 'with the Node object',
    lasts: 'minutes once its pods have left',
    limitSeconds: 3600,
    tolerate: 'never',
    ...(tool !== undefined && { tool }),
  }
}
