import type { Args } from '../call.ts'
import { SlackError } from '../call.ts'
import { checkPayload } from '../check-payload.ts'
import type { ViewDraft } from '../model.ts'
import { wireView } from '../payloads.ts'
import type { Methods } from './method.ts'

/** Methods that open and change modals. */
export const viewMethods: Methods = {
  'views.open': {
    run(args, { modals, triggers }) {
      const draft = modal(args)
      return { view: wireView(modals.open(triggers.exchange(args.trigger_id), draft)) }
    },
  },

  'views.push': {
    run(args, { modals, triggers }) {
      const draft = modal(args)
      const user = triggers.exchange(args.trigger_id)
      if (modals.stack(user).length === 0) throw new SlackError('not_found')
      return { view: wireView(modals.push(user, draft)) }
    },
  },

  'views.update': {
    run(args, { modals }) {
      const draft = modal(args)
      const view = modals.find(({ id, external_id }) =>
        args.view_id === undefined
          ? external_id !== undefined && external_id === args.external_id
          : id === args.view_id,
      )
      if (!view) throw new SlackError('not_found')
      if (args.hash !== undefined && args.hash !== '' && args.hash !== view.hash)
        throw new SlackError('hash_conflict')
      return { view: wireView(modals.update(view, draft)) }
    },
  },
}

function modal(args: Args): ViewDraft {
  checkPayload('modal', args.view, '/view')
  return args.view as ViewDraft
}
