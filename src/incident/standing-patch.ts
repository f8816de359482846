import type { DaemonSet } from '../kubernetes/objects.ts'
import { sameList } from '../kubernetes/patches.ts'
import type { ActionRow } from '../store/store.ts'
import { code, type Words, words } from '../words/words.ts'
import { type ChangeAction, type ChangeParameters, changeActions } from './action-log.ts'

/**
 * The patches that can be undone, the newest of each DaemonSet: made, not undone, and not known to
 * have been changed or set back by somebody else.
 */
export function standingPatches(actions: readonly ActionRow[]): readonly ChangeAction[] {
  const standing = changeActions(actions, ['patch']).filter(
    ({ action: { state, undo }, parameters: { rollout } }) =>
      undo !== null &&
      rollout?.ended === undefined &&
      // An earlier version ended patches as `done` and kept what undoes them.
      (state === 'active' || (state === 'done' && rollout !== undefined)),
  )
  const newest = new Map(
    standing.map((one) => [`${one.parameters.namespace}/${one.parameters.name}`, one]),
  )
  return [...newest.values()]
}

/** An undo that was made, with the patch that it undid if that is stored. */
export interface UndonePatch {
  readonly patch: ChangeAction | undefined
  readonly undo: ChangeAction
}

/** The last change of each DaemonSet, if it is an undo. */
export function undonePatches(actions: readonly ActionRow[]): readonly UndonePatch[] {
  const made = changeActions(actions, ['patch', 'undo']).filter(
    ({ action: { state }, parameters: { kind } }) =>
      state === 'active' || state === 'done' || (kind === 'patch' && state === 'ended'),
  )
  const last = new Map<string, UndonePatch | ChangeAction>()
  for (const change of made) {
    const { kind, namespace, name } = change.parameters
    const id = `${namespace}/${name}`
    const before = last.get(id)
    const patch = before && 'undo' in before ? before.patch : before
    last.set(id, kind === 'undo' ? { patch, undo: change } : change)
  }
  return [...last.values()].filter((one) => 'undo' in one)
}

/** Why a patch cannot be undone any longer, by the object as it is now; undefined if it can. */
export function whyNotStanding(
  daemonSet: DaemonSet | undefined,
  { namespace, name, uid, tolerations }: ChangeParameters,
): Words | undefined {
  const target = code(`${namespace}/${name}`)
  if (!daemonSet) return words`${target} was deleted, and the patch with it.`
  if (daemonSet.metadata.uid !== uid)
    return words`${target} was deleted and created again, and the patch is gone.`
  const current = daemonSet.spec.template.spec?.tolerations ?? []
  if (sameList(current, tolerations?.to ?? [])) return undefined
  if (sameList(current, tolerations?.from ?? []))
    return words`The tolerations of ${target} are what they were before the patch: somebody, or a tool that owns the DaemonSet, has set them back.`
  return words`Somebody else has changed the tolerations of ${target} since. An undo would revert that too.`
}
