import { type Bot, timestamp } from '../bot.ts'
import { type Outcome, predict } from '../daemonset/predict.ts'
import { type JsonPatch, KubernetesError } from '../kubernetes/cluster.ts'
import type { DaemonSet, Snapshot, Toleration } from '../kubernetes/objects.ts'
import { recountPatch, tolerationPatch, withTolerations } from '../kubernetes/patches.ts'
import { code, type Words, words } from '../triage/words.ts'
import type { ChangeDeed } from './deeds.ts'
import type { Offer } from './offers.ts'

/** What the API server says to a change that it is asked to check and not to keep. */
export type DryRun = { readonly verdict: 'accepted' } | { readonly verdict: 'refused' | 'unchecked'; readonly why: string }

/** A change read, simulated and tried, ready to be shown and pressed. */
export interface Prepared {
  readonly offer: Offer
  readonly from: readonly Toleration[] | undefined
  readonly to: readonly Toleration[] | undefined
  readonly pods: readonly { readonly name: string; readonly uid: string }[]
  readonly outcome: Outcome
  readonly dryRun: DryRun
}

/** Reads the object whole and anew, simulates the change on the snapshot and lets the API server try it. Words: why it cannot be done. */
export async function prepare(bot: Bot, snapshot: Snapshot, offer: Offer): Promise<Prepared | Words> {
  const name = code(`${offer.namespace}/${offer.name}`)
  const daemonSet = snapshot.daemonSets.find(
    ({ metadata }) => metadata.namespace === offer.namespace && metadata.name === offer.name,
  )
  const fresh = await bot.cluster.daemonSet(offer.namespace, offer.name)
  if (!daemonSet || !fresh) return words`${name} is gone.`
  if (fresh.metadata.uid !== offer.uid) return words`${name} was deleted and made anew since this was offered. Press Recheck.`
  const predicted = predict(daemonSet, { ...snapshot, now: snapshot.takenAt }, offer.change)
  // A recount changes what the status says, not what is true: before is what it says now.
  const outcome = offer.action === 'recount' ? { ...predicted, before: { ...predicted.before, ...fresh.status } } : predicted
  const base = { offer, outcome, from: fresh.spec.template.spec?.tolerations, pods: podsOf(snapshot, offer) }
  const dryRun = await tryOut(() => apply(bot, offer, fresh, base.pods, true))
  return {
    ...base,
    to: offer.change.kind === 'tolerate' ? withTolerations(base.from, offer.change.tolerations) : base.from,
    dryRun,
  }
}

/** Makes the change. Throws KubernetesError where the API server refuses it; nothing is changed then. */
export async function perform(bot: Bot, deed: ChangeDeed): Promise<void> {
  const fresh = await bot.cluster.daemonSet(deed.namespace, deed.name)
  if (!fresh || fresh.metadata.uid !== deed.uid)
    throw new KubernetesError(`${deed.namespace}/${deed.name} is gone or was made anew`, 409, 'Conflict')
  if (deed.kind === 'delete') {
    for (const pod of deed.pods ?? []) await bot.cluster.deletePod(deed.namespace, pod.name, pod.uid)
    return
  }
  if (deed.kind === 'recount') {
    await bot.cluster.patchDaemonSet(deed.namespace, deed.name, recountPatch(fresh, timestamp(bot)))
    return
  }
  const { from, to } = deed.tolerations ?? { from: undefined, to: undefined }
  const patch = tolerationPatch(fresh, { uid: deed.uid, tolerations: from }, to)
  await bot.cluster.patchDaemonSet(deed.namespace, deed.name, patch)
}

async function apply(bot: Bot, offer: Offer, fresh: DaemonSet, pods: Prepared['pods'], dryRun: boolean): Promise<void> {
  if (offer.action === 'delete') {
    for (const pod of pods) await bot.cluster.deletePod(offer.namespace, pod.name, pod.uid, { dryRun })
    return
  }
  await bot.cluster.patchDaemonSet(offer.namespace, offer.name, patchOf(offer, fresh, timestamp(bot)), { dryRun })
}

function patchOf(offer: Offer, fresh: DaemonSet, now: string): JsonPatch {
  const from = fresh.spec.template.spec?.tolerations
  if (offer.change.kind !== 'tolerate') return recountPatch(fresh, now)
  return tolerationPatch(fresh, { uid: offer.uid, tolerations: from }, withTolerations(from, offer.change.tolerations))
}

function podsOf(snapshot: Snapshot, offer: Offer): Prepared['pods'] {
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
    const why = error instanceof Error ? error.message : String(error)
    const unchecked =
      !(error instanceof KubernetesError) || error.status === undefined || error.status >= 500 || /dry.?run/i.test(why)
    return { verdict: unchecked ? 'unchecked' : 'refused', why }
  }
}
