import type { IncidentEnding } from '../../slack/incident-view.ts'
import type { ActionRow } from '../../store/store.ts'
import { user, type Words, words } from '../../words/words.ts'
import { type ChangeAction, changeActions } from '../action-log.ts'
import { standingPatches } from '../standing-patch.ts'
import type { Story } from '../state.ts'

/**
 * How an incident ended: who ended it from the message, if that explains all of it, otherwise what
 * the cluster shows; and what is still to do.
 */
export function endingView(story: Story, actions: readonly ActionRow[]): IncidentEnding {
  const { past, daemonSets, todo, todoAfterPatch, ended } = story
  const patches = standingPatches(actions)
  const made = [
    ...patches,
    ...changeActions(actions, ['delete', 'recount']).filter(
      ({ action }) => action.state === 'done',
    ),
  ].filter(({ parameters }) => parameters.predicted?.numberMisscheduled === 0)
  const isMade = daemonSets.every((daemonSet) =>
    made.some(({ parameters: { namespace, name } }) => `${namespace}/${name}` === daemonSet),
  )
  const by = isMade ? made.slice(0, 1).flatMap(deed) : (ended?.by ?? [])
  const left = patches.length > 0 ? todoAfterPatch : ended?.isTemplate ? undefined : todo
  return { past, ...(by.length > 0 && { by }), ...(left && { todo: left }) }
}

function deed({ action, parameters }: ChangeAction): Words {
  const who = user(action.who)
  switch (parameters.kind) {
    case 'delete':
      return words`${who} deleted ${parameters.pods?.length === 1 ? 'the pod' : 'the pods'}`
    case 'recount':
      return words`${who} triggered a recount`
    default:
      return words`${who} added the toleration`
  }
}
