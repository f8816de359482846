import type { Args } from '../args.ts'
import { checkPayload } from '../check-payload.ts'
import type { Methods } from '../method.ts'
import { SlackError } from '../slack-error.ts'
import type { ViewDraft } from '../view.ts'
import { wireView } from '../views.ts'

export const viewMethods: Methods = {
  'views.open': {
    run(args, { views, triggers }) {
      const draft = modal(args)
      return { view: wireView(views.open(triggers.exchange(args.trigger_id), draft)) }
    },
  },

  'views.push': {
    run(args, { views, triggers }) {
      const draft = modal(args)
      const user = triggers.exchange(args.trigger_id)
      if (views.stack(user).length === 0) throw new SlackError('not_found')
      return { view: wireView(views.push(user, draft)) }
    },
  },

  'views.update': {
    run(args, { views }) {
      const draft = modal(args)
      const view = views.find(({ id, external_id }) =>
        args.view_id === undefined
          ? external_id !== undefined && external_id === args.external_id
          : id === args.view_id,
      )
      if (!view) throw new SlackError('not_found')
      if (args.hash !== undefined && args.hash !== '' && args.hash !== view.hash)
        throw new SlackError('hash_conflict')
      return { view: wireView(views.update(view, draft)) }
    },
  },
}

function modal(args: Args): ViewDraft {
  checkPayload('modal', args.view, '/view')
  return args.view as ViewDraft
}
