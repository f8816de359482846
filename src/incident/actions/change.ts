import { type Bot, timestamp } from '../../bot.ts'
import { type Prediction, predict } from '../../daemonset/predict.ts'
import { worldOf } from '../../daemonset/world.ts'
import { type JsonPatch, KubernetesError } from '../../kubernetes/cluster.ts'
import type { DaemonSet, Snapshot, Toleration } from '../../kubernetes/objects.ts'
import {
  recountPatch,
  sameList,
  tolerationPatch,
  withTolerations,
} from '../../kubernetes/patches.ts'
import { errorMessage } from '../../words/error-message.ts'
import { code, type Words, words } from '../../words/words.ts'
import type { ChangeParameters } from '../action-parameters.ts'
import type { OfferedChange } from '../offered.ts'

/** What the API server says to a change that it is asked to check and not to keep. */
export type DryRun =
  | { readonly verdict: 'accepted' }
  | { readonly verdict: 'refused' | 'unchecked'; readonly why: string }

/** A change read, simulated and tried, ready to be shown and pressed. */
export interface Prepared {
  readonly offer: OfferedChange
  readonly from: readonly Toleration[] | undefined
  readonly to: readonly Toleration[] | undefined
  readonly pods: readonly { readonly name: string; readonly uid: string }[]
  readonly outcome: Prediction
  readonly dryRun: DryRun
}

/** Reads the object whole and anew, simulates the change on the snapshot and lets the API server try it. Words: why it cannot be done. */
export async function prepare(
  bot: Bot,
  snapshot: Snapshot,
  offer: OfferedChange,
): Promise<Prepared | Words> {
  const name = code(`${offer.namespace}/${offer.name}`)
  const daemonSet = snapshot.daemonSets.find(
    ({ metadata }) => metadata.namespace === offer.namespace && metadata.name === offer.name,
  )
  const fresh = await bot.cluster.daemonSet(offer.namespace, offer.name)
  if (!daemonSet || !fresh) return words`${name} is gone.`
  if (fresh.metadata.uid !== offer.uid)
    return words`${name} was deleted and made anew since this was offered. Press Recheck.`
  const predicted = predict(
    daemonSet,
    worldOf({ ...snapshot, now: snapshot.takenAt }),
    offer.change,
  )
  // A recount changes what the status says, not what is true: before is what it says now.
  const outcome =
    offer.action === 'recount'
      ? { ...predicted, before: { ...predicted.before, ...fresh.status } }
      : predicted
  const base = {
    offer,
    outcome,
    from: fresh.spec.template.spec?.tolerations,
    pods: podsOf(snapshot, offer),
  }
  const dryRun = await tryOut(() => rehearse(bot, offer, fresh, base.pods))
  return {
    ...base,
    to:
      offer.change.kind === 'tolerate'
        ? withTolerations(base.from, offer.change.tolerations)
        : base.from,
    dryRun,
  }
}

/** Makes the change. Throws KubernetesError where the API server refuses it; nothing is changed then, save the pods that the error names. */
export async function perform(bot: Bot, parameters: ChangeParameters): Promise<void> {
  const attempt = async (): Promise<void> => {
    const fresh = await bot.cluster.daemonSet(parameters.namespace, parameters.name)
    if (!fresh || fresh.metadata.uid !== parameters.uid)
      throw new KubernetesError(
        `${parameters.namespace}/${parameters.name} is gone or was made anew`,
        409,
        'Conflict',
      )
    if (parameters.kind === 'delete') return deletePods(bot, parameters)
    const patch =
      parameters.kind === 'recount'
        ? recountPatch(fresh, timestamp(bot))
        : patchOfList(fresh, parameters)
    await bot.cluster.patchDaemonSet(parameters.namespace, parameters.name, patch)
  }
  try {
    await attempt()
  } catch (error) {
    if (!isOvertaken(error)) throw error
    await attempt()
  }
}

/** Some of the pods were deleted before the API server refused the rest. */
export class PartlyDeleted extends KubernetesError {}

/** A pod that is gone, or has another uid by now, needs no deleting any more. */
async function deletePods(bot: Bot, { namespace, pods = [] }: ChangeParameters): Promise<void> {
  let deleted = 0
  for (const pod of pods) {
    try {
      await bot.cluster.deletePod(namespace, pod.name, pod.uid)
      deleted += 1
    } catch (error) {
      if (isGone(error)) continue
      if (!(error instanceof KubernetesError) || deleted === 0) throw error
      const words = `${deleted} of ${pods.length} pods were deleted, then: ${error.message}`
      throw new PartlyDeleted(words, error.status, error.reason, { cause: error })
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 404 || error.status === 409)
}

/** Another write came in between. A mere status is one too where no list is there to be tested; what was agreed to is compared anew. */
function isOvertaken(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 409 || error.status === 422)
}

function patchOfList(fresh: DaemonSet, { uid, tolerations }: ChangeParameters): JsonPatch {
  const { from, to } = tolerations ?? { from: undefined, to: undefined }
  if (!sameList(fresh.spec.template.spec?.tolerations ?? [], from ?? []))
    throw new KubernetesError(
      'somebody else has changed the tolerations meanwhile',
      409,
      'Conflict',
    )
  return tolerationPatch(fresh, { uid, tolerations: from }, to)
}

async function rehearse(
  bot: Bot,
  offer: OfferedChange,
  fresh: DaemonSet,
  pods: Prepared['pods'],
): Promise<void> {
  if (offer.action === 'delete') {
    for (const pod of pods) {
      await bot.cluster
        .deletePod(offer.namespace, pod.name, pod.uid, { dryRun: true })
        .catch((error: unknown) => {
          if (!isGone(error)) throw error
        })
    }
    return
  }
  const attempt = async (observation: DaemonSet): Promise<void> => {
    await bot.cluster.patchDaemonSet(
      offer.namespace,
      offer.name,
      patchOf(offer, observation, timestamp(bot)),
      { dryRun: true },
    )
  }
  try {
    await attempt(fresh)
  } catch (error) {
    const again = isOvertaken(error)
      ? await bot.cluster.daemonSet(offer.namespace, offer.name)
      : undefined
    const list = ({ spec }: DaemonSet) => spec.template.spec?.tolerations ?? []
    if (!again || again.metadata.uid !== offer.uid || !sameList(list(again), list(fresh)))
      throw error
    await attempt(again)
  }
}

function patchOf(offer: OfferedChange, fresh: DaemonSet, now: string): JsonPatch {
  const from = fresh.spec.template.spec?.tolerations
  if (offer.change.kind !== 'tolerate') return recountPatch(fresh, now)
  return tolerationPatch(
    fresh,
    { uid: offer.uid, tolerations: from },
    withTolerations(from, offer.change.tolerations),
  )
}

function podsOf(snapshot: Snapshot, offer: OfferedChange): Prepared['pods'] {
  const names = offer.change.kind === 'delete-pods' ? offer.change.pods : []
  return snapshot.pods.flatMap(({ metadata }) =>
    metadata.namespace === offer.namespace && names.includes(metadata.name) && metadata.uid
      ? [{ name: metadata.name, uid: metadata.uid }]
      : [],
  )
}

/** A webhook that refuses dry runs proves nothing either way, nor does an API server that does not answer. */
async function tryOut(act: () => Promise<void>): Promise<DryRun> {
  try {
    await act()
    return { verdict: 'accepted' }
  } catch (error) {
    const why = errorMessage(error)
    const unchecked =
      !(error instanceof KubernetesError) ||
      error.status === undefined ||
      error.status >= 500 ||
      /dry.?run/i.test(why)
    return { verdict: unchecked ? 'unchecked' : 'refused', why }
  }
}
