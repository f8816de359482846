import { describe, expect, it } from 'vitest'
import type { Config } from '../src/config/config.ts'
import { beginAction } from '../src/incident/action-log.ts'
import { authorize } from '../src/incident/actions/authorize.ts'
import type { ButtonName } from '../src/slack/interactions.ts'
import { plain } from '../src/words/words.ts'
import { diagnosis, finding, observationAs, quietWorld, remedy } from './incident-world.ts'
import { strings } from './world.ts'

const command = "kubectl -n datadog patch daemonset agent --type=json -p '[]'"
const fix = remedy('tolerate', { horizon: 'for-good', recommended: true, snippet: 'tolerations:' })
const patch = remedy('tolerate', { recommended: true, commands: [command] })

async function refused(
  button: ButtonName,
  config: Partial<Config> = {},
  remedies = [patch, fix],
  actionId?: string,
) {
  const world = await quietWorld({
    config,
    slack: { usergroupMembers: async () => ['U9'] },
  })
  await world.incident(
    observationAs('open', [
      diagnosis({ nodes: ['n1'], findings: [finding('T3', { nodes: ['n1'], remedies })] }),
    ]),
  )
  const tolerations = { from: [{ key: 'a' }], to: [{ key: 'a' }, { key: "it's" }] }
  const counts = { misscheduled: 1, desired: 9 }
  const made = { kind: 'patch', namespace: 'datadog', name: 'agent', uid: 'u' } as const
  await beginAction(world.bot, await world.row(), {
    id: 'act_1',
    intent: 'patch',
    who: 'U1',
    parameters: { ...made, before: counts, predicted: null, tolerations },
  })
  const press = { userId: 'U2', incidentId: 'inc_1', button, ...(actionId ? { actionId } : {}) }
  const answer = await authorize(world.bot, press)
  if (answer.ok) throw new Error('it was allowed')
  return { text: plain(answer.why.why), modal: strings(answer.why.modal.blocks).join('\n') }
}

describe('a person who may not press', () => {
  it('reads who may, what to run instead, and what is for everyone', async () => {
    const allowed = { allowedUsers: ['U0MAYA00001'], allowedUsergroups: ['S0SRE000001'] }
    const { modal, text } = await refused('patch', allowed)
    expect(modal).toBe(
      `⛔ Only \n@U0MAYA00001\n and \n may do this. Ask them, or run:\n${command}\nRecheck and Show fix are for everyone.`,
    )
    expect(text).toBe(
      `Only @U0MAYA00001 and S0SRE000001 may do this. Ask them, or run:\n${command}\nRecheck and Show fix are for everyone.`,
    )
  })

  it('reads how to silence with the same matchers', async () => {
    const alertmanager = { urls: ['http://am:9093'], publicUrl: 'https://me:secret@am.example.com' }
    expect((await refused('silence', { alertmanager })).modal).toContain(
      'amtool silence add --alertmanager.url=https://am.example.com --duration=1h --comment="Silenced by hand" alertname=KubeDaemonSetMisScheduled daemonset=agent namespace=datadog',
    )
  })

  it('reads how to undo the patch, which is refused if it is no longer there', async () => {
    expect((await refused('undo', {}, [], 'act_1')).modal).toContain(
      String.raw`kubectl -n datadog patch daemonset agent --type=json -p '[{"op":"test","path":"/spec/template/spec/tolerations","value":[{"key":"a"},{"key":"it'\''s"}]},{"op":"replace","path":"/spec/template/spec/tolerations","value":[{"key":"a"}]}]'`,
    )
  })

  it('is not sent to a button that the message does not have, nor to a command that does not exist', async () => {
    const { modal } = await refused('delete', {}, [remedy('wait', { recommended: true })])
    expect(modal).toBe('⛔ Only \nU1\n may do this. Ask them.\nRecheck is for everyone.')
  })

  it('reads that nobody may, or the first of many names', async () => {
    expect((await refused('silence', { allowedUsers: [] })).text).toMatch(
      /^Nobody may do this from Slack yet\. Run:\namtool/,
    )
    const allowedUsers = Array.from({ length: 40 }, (_, index) => `U${100 + index}`)
    expect((await refused('silence', { allowedUsers })).text).toContain(
      'Only @U100, @U101, @U102, @U103, @U104 and 35 more may do this.',
    )
  })
})
