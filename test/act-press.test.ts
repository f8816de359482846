import { expect, it } from 'vitest'
import { handlers } from '../src/act.ts'
import type { ButtonName } from '../src/slack/interactions.ts'
import { diagnosis, observationAs, quietWorld } from './incident-world.ts'

/** Presses a button; what the dialog shows then, and what was recorded. */
async function press(button: ButtonName, userId: string, state: 'open' | 'closed' = 'open') {
  const modals: string[] = []
  const world = await quietWorld({
    slack: {
      openModal: async () => ({ ok: true, viewId: 'V1' }),
      updateModal: async (_, modal) => {
        modals.push(JSON.stringify(modal))
        return { ok: true, viewId: 'V1' }
      },
    },
  })
  const { id } = await world.incident(observationAs(state, [diagnosis()]))
  await handlers(world.bot).click({
    button,
    incidentId: id,
    rev: 1,
    user: { id: userId, name: 'maya' },
    triggerId: 't',
    responseUrl: '',
    channel: 'C1',
    messageTs: '1.0',
  })
  const actions = await world.bot.store.actions(id)
  const refused = actions.map(({ intent, who, state }) => [intent, who, state])
  return { shown: modals.at(-1), refused }
}

it('a press by somebody who is not listed is refused, and recorded', async () => {
  const { shown, refused } = await press('patch', 'U9')
  expect(shown).toMatch(/may do this|not allowed/)
  expect(refused).toEqual([['patch', 'U9', 'refused']])
})

it.each(['silence', 'patch', 'delete', 'recount', 'end-silence'] as const)(
  'an incident that is over refuses every button but Undo: %s',
  async (button) => {
    const { shown, refused } = await press(button, 'U1', 'closed')
    expect(shown).toContain('This incident is over')
    expect(refused).toEqual([[button, 'U1', 'refused']])
  },
)

it('an incident that is over still answers Undo', async () => {
  const { shown } = await press('undo', 'U1', 'closed')
  expect(shown).not.toContain('This incident is over')
})
