import { describe, expect, it } from 'vitest'
import { authorize } from '../src/incident/actions/authorize.ts'
import { diagnosis, observationAs, quietWorld } from './incident-world.ts'

/** Whether U1 may press, with these groups of ALLOWED_USERGROUPS; undefined: not readable. */
async function mayPress(
  groups: Readonly<Record<string, readonly string[] | undefined>>,
  allowedUsers: readonly string[] = [],
): Promise<boolean> {
  const world = await quietWorld({
    config: { allowedUsers, allowedUsergroups: Object.keys(groups) },
    slack: { usergroupMembers: async (group) => groups[group] },
  })
  const { id } = await world.incident(observationAs('open', [diagnosis({ nodes: ['n1'] })]))
  return (await authorize(world.bot, { userId: 'U1', incidentId: id, button: 'patch' })).ok
}

describe('a press is allowed', () => {
  it.each([
    ['to a listed user', {}, ['U1'], true],
    ['to a listed user without any readable group', { S1: undefined }, ['U1'], true],
    ['to a member of a listed group', { S1: ['U2', 'U1'] }, [], true],
    ['to a member of any listed group', { S1: ['U2'], S2: ['U1'] }, [], true],
    [
      'to a member of a group after one that is not readable',
      { S1: undefined, S2: ['U1'] },
      [],
      true,
    ],
    ['to nobody else', { S1: ['U2'] }, ['U3'], false],
    ['to nobody of a group that is not readable', { S1: undefined }, [], false],
    ['to nobody of an empty group', { S1: [] }, [], false],
    ['to nobody if nobody is listed', {}, [], false],
  ])('%s', async (_, groups, users, expected) => {
    expect(await mayPress(groups, users)).toBe(expected)
  })
})
