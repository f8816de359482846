import { type Bot, timestamp } from '../../bot.ts'
import { type Prediction, predict } from '../../daemonset/predict.ts'
import { KubernetesError } from '../../kubernetes/cluster.ts'
import type { DaemonSet, Snapshot, Toleration } from '../../kubernetes/objects.ts'
import {
  type JsonPatch,
  recountPatch,
  sameList,
  tolerationPatch,
  withTolerations,
} from '../../kubernetes/patches.ts'
import { worldOfSnapshot } from '../../triage/facts/feature-gates.ts'
import type { Subject } from '../../triage/findings/status-cause.ts'
import { questionAbout } from '../../triage/question.ts'
import { errorMessage } from '../../words/error-message.ts'
import { type Result, refusal, success } from '../../words/result.ts'
import { code, words } from '../../words/words.ts'
import type { OfferedChange } from '../offered.ts'
import { whyUnreadable } from '../true-counts.ts'
import { isConflict, isGone } from './change.ts'

/** The API server's answer to a dry run. `unchecked`: nothing is proven either way. */
export type DryRun =
  | { readonly verdict: 'accepted' }
  | { readonly verdict: 'refused' | 'unchecked'; readonly why: string }

/** A change that was read, simulated and dry-run, ready to be shown in a modal. */
export interface PreparedChange {
  readonly offered: OfferedChange
  /** The template's tolerations before and after; undefined if it has none. */
  readonly from: readonly Toleration[] | undefined
  readonly to: readonly Toleration[] | undefined
  /** The pods to delete. */
  readonly pods: readonly { readonly name: string; readonly uid: string }[]
  readonly prediction: Prediction
  readonly dryRun: DryRun
}

/**
 * Reads the whole object again, simulates the change on the snapshot and asks the API server for a
 * dry run.
 */
export async function prepare(
  bot: Bot,
  snapshot: Snapshot,
  offered: OfferedChange,
): Promise<Result<PreparedChange>> {
  const name = code(`${offered.namespace}/${offered.name}`)
  const daemonSet = snapshot.daemonSets.find(
    ({ metadata }) => metadata.namespace === offered.namespace && metadata.name === offered.name,
  )
  const fresh = await bot.cluster.daemonSet(offered.namespace, offered.name)
  if (!daemonSet || !fresh) return refusal(words`${name} no longer exists.`)
  if (fresh.metadata.uid !== offered.uid)
    return refusal(
      words`${name} was deleted and created again since this was offered. Press Recheck.`,
    )
  const predicted = predict(daemonSet, worldOfSnapshot(snapshot), offered.change)
  // A recount changes what the status says, not what is true: "before" is what it says now.
  const prediction =
    offered.action === 'recount'
      ? { ...predicted, before: { ...predicted.before, ...fresh.status } }
      : predicted
  const from = fresh.spec.template.spec?.tolerations
  const { change } = offered
  const to = change.kind === 'tolerate' ? withTolerations(from, change.tolerations) : from
  const pods = podsToDelete(snapshot, offered)
  const dryRun = await verdictOf(() => dryRunOf(bot, offered, fresh, pods))
  return success({ offered, from, to, pods, prediction, dryRun })
}

function podsToDelete(snapshot: Snapshot, { change, namespace }: OfferedChange) {
  const names = change.kind === 'delete-pods' ? change.pods : []
  return snapshot.pods.flatMap(({ metadata: { namespace: at, name, uid } }) =>
    at === namespace && names.includes(name) && uid ? [{ name, uid }] : [],
  )
}

async function dryRunOf(
  bot: Bot,
  offered: OfferedChange,
  fresh: DaemonSet,
  pods: PreparedChange['pods'],
): Promise<void> {
  const { action, namespace, name, uid } = offered
  if (action === 'delete') {
    for (const pod of pods) {
      await bot.cluster
        .deletePod(namespace, pod.name, pod.uid, { dryRun: true })
        .catch((error: unknown) => {
          if (!isGone(error)) throw error
        })
    }
    return
  }
  const attempt = async (daemonSet: DaemonSet): Promise<void> => {
    const patch = patchOf(offered, daemonSet, timestamp(bot))
    await bot.cluster.patchDaemonSet(namespace, name, patch, { dryRun: true })
  }
  try {
    await attempt(fresh)
  } catch (error) {
    const again = isConflict(error) ? await bot.cluster.daemonSet(namespace, name) : undefined
    const list = ({ spec }: DaemonSet) => spec.template.spec?.tolerations ?? []
    if (!again || again.metadata.uid !== uid || !sameList(list(again), list(fresh))) throw error
    await attempt(again)
  }
}

function patchOf({ change, uid }: OfferedChange, fresh: DaemonSet, now: string): JsonPatch {
  if (change.kind !== 'tolerate') return recountPatch(fresh, now)
  const from = fresh.spec.template.spec?.tolerations
  return tolerationPatch(
    fresh,
    { uid, tolerations: from },
    withTolerations(from, change.tolerations),
  )
}

/**
 * A webhook that refuses dry runs proves nothing either way, nor does an API server that does not
 * answer.
 */
async function verdictOf(dryRun: () => Promise<void>): Promise<DryRun> {
  try {
    await dryRun()
    return { verdict: 'accepted' }
  } catch (error) {
    const why = errorMessage(error)
    const isProven =
      error instanceof KubernetesError && error.status !== undefined && error.status < 500
    return { verdict: isProven && !/dry.?run/i.test(why) ? 'refused' : 'unchecked', why }
  }
}

/**
 * A fresh reading for a dialog about these DaemonSets, or why there is none. Nothing was changed by
 * then.
 */
export async function freshSnapshot(
  bot: Bot,
  subjects: readonly Subject[],
): Promise<Result<Snapshot>> {
  const snapshot = await withinLimit(bot.cluster.snapshot(questionAbout(subjects)))
  if (!snapshot)
    return refusal(
      words`The API server did not answer within ${readLimitMs / 1000} seconds. Nothing was changed; press again later.`,
    )
  const unreadable = whyUnreadable(snapshot)
  return unreadable
    ? refusal(words`The cluster could not be read: ${unreadable}. Nothing was changed.`)
    : success(snapshot)
}

/**
 * A person who waits for a modal hears this soon that the cluster does not answer, earlier than a
 * round gives up. Milliseconds.
 */
const readLimitMs = 12_000

async function withinLimit<T>(answer: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), readLimitMs)
  })
  return Promise.race([answer, limit]).finally(() => clearTimeout(timer))
}
