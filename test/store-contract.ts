import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ActionRow, AlertHint, AlertRow, IncidentRow, Store } from '../src/store/store.ts'

const cluster = 'prod'
const key = {
  cluster,
  alertname: 'KubeDaemonSetMisScheduled',
  namespace: 'datadog',
  daemonset: 'agent',
}
const labels = {
  alertname: 'KubeDaemonSetMisScheduled',
  namespace: 'datadog',
  daemonset: 'agent',
  severity: 'warning',
}

const at = (minutes: number): string => new Date(Date.UTC(2026, 10, 24, 3, minutes)).toISOString()

const firing = (change: Partial<AlertHint> = {}): AlertHint => ({
  ...key,
  status: 'firing',
  fingerprint: 'f1',
  startsAt: at(0),
  labels,
  ...change,
})
const resolved = (change: Partial<AlertHint> = {}): AlertHint => ({
  ...firing(),
  status: 'resolved',
  endsAt: at(30),
  ...change,
})

const incident = (change: Partial<IncidentRow> = {}): IncidentRow => ({
  id: 'i1',
  cluster,
  channel: 'C1',
  root: 'taint gpu',
  ts: null,
  posting: null,
  rev: 1,
  hash: null,
  observation: null,
  opened: at(0),
  closed: null,
  ...change,
})

const action = (change: Partial<ActionRow> = {}): ActionRow => ({
  id: 'a1',
  incident: 'i1',
  intent: 'silence',
  parameters: '{}',
  who: 'U1',
  at: at(1),
  state: 'running',
  outcome: null,
  undo: null,
  deadline: at(2),
  ...change,
})

/** What every store does, whichever the database. `empty` gives a store that holds nothing; `close` ends whatever was begun for it. */
export function storeContract(
  name: string,
  empty: () => Promise<Store>,
  close: () => Promise<void> = async () => {},
): void {
  describe(`a store in ${name}`, () => {
    let store: Store
    beforeAll(async () => {
      store = await empty()
      await store.migrate()
    })
    beforeEach(async () => {
      for (const name of [cluster, 'other']) {
        for (const alert of await store.openAlerts(name))
          await store.changeAlerts([{ alert: alert, change: { state: 'absent', closed: at(0) } }])
        for (const row of await store.openIncidents(name))
          await store.changeIncident(row.id, row.rev, { closed: at(0) })
      }
      await store.forget('9999')
    })
    afterAll(async () => {
      await store.close()
      await close()
    })

    const only = async (): Promise<AlertRow> => {
      const rows = await store.openAlerts(cluster)
      expect(rows).toHaveLength(1)
      return rows[0] as AlertRow
    }

    test('migrating again changes nothing', async () => {
      await store.saveHints([firing()], at(1))
      await store.migrate()
      expect(await store.openAlerts(cluster)).toHaveLength(1)
    })
    test('can be probed, again and again', async () => {
      await store.probe()
      await store.probe()
    })

    describe('alerts', () => {
      test('a firing hint opens an alert', async () => {
        await store.saveHints([firing()], at(1))
        expect(await only()).toEqual({
          ...key,
          state: 'firing',
          firstSeen: at(1),
          lastSeen: at(1),
          startsAt: at(0),
          fingerprints: { f1: { startsAt: at(0), resolved: false } },
          labels,
          incident: null,
          absentPolls: 0,
          closed: null,
        })
      })
      test('a repeat only says that it was seen again', async () => {
        await store.saveHints([firing()], at(1))
        const first = await only()
        await store.saveHints([firing()], at(6))
        expect(await only()).toEqual({ ...first, lastSeen: at(6) })
      })
      test('firing again begins counting absent polls anew', async () => {
        await store.saveHints([firing()], at(1))
        await store.changeAlerts([{ alert: key, change: { absentPolls: 1, incident: 'i1' } }])
        expect(await only()).toMatchObject({ absentPolls: 1, incident: 'i1' })
        await store.saveHints([firing()], at(2))
        expect(await only()).toMatchObject({ absentPolls: 0, incident: 'i1' })
      })
      test('resolved makes it absent, and it stays open', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        expect(await only()).toMatchObject({
          state: 'absent',
          closed: null,
          lastSeen: at(31),
          fingerprints: { f1: { resolved: true } },
        })
      })
      test('it fires while one of its series does', async () => {
        await store.saveHints([firing(), firing({ fingerprint: 'f2' })], at(1))
        await store.saveHints([resolved()], at(31))
        expect((await only()).state).toBe('firing')
        await store.saveHints([resolved({ fingerprint: 'f2' })], at(32))
        expect((await only()).state).toBe('absent')
      })
      test('a new fingerprint of the same DaemonSet is the same alert, and startsAt stays the earliest', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ fingerprint: 'f2', startsAt: at(46) })], at(46))
        expect(await only()).toMatchObject({ state: 'firing', firstSeen: at(1), startsAt: at(0) })
      })
      test('a late repeat of firing, after its resolved, changes nothing', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        const before = await only()
        await store.saveHints([firing()], at(32))
        expect(await only()).toEqual(before)
      })
      test('resolved first and firing late: nothing is opened', async () => {
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing()], at(32))
        expect(await store.openAlerts(cluster)).toEqual([])
      })
      test('firing long after its resolved is news: Prometheus was cut off and came back', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing()], at(42))
        expect((await only()).state).toBe('firing')
      })
      test('what Alertmanager shows fires, whatever was resolved a moment ago', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ polledAt: at(32) })], at(32))
        expect(await only()).toMatchObject({
          state: 'firing',
          fingerprints: { f1: { resolved: false } },
        })
      })
      test('what was resolved after Alertmanager was asked does not fire', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ polledAt: at(30) })], at(32))
        expect(await only()).toMatchObject({
          state: 'absent',
          fingerprints: { f1: { resolved: true } },
        })
      })
      test('firing with a new start is a new episode of the same series', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ startsAt: at(32) })], at(33))
        expect(await only()).toMatchObject({
          state: 'firing',
          fingerprints: { f1: { startsAt: at(32), resolved: false } },
        })
      })
      test('a late resolved of the episode before does not end the new one', async () => {
        await store.saveHints([firing({ startsAt: at(40) })], at(41))
        await store.saveHints([resolved({ startsAt: at(0), endsAt: at(30) })], at(42))
        expect((await only()).state).toBe('firing')
      })
      test('resolved counts although startsAt has moved back since', async () => {
        await store.saveHints([firing({ startsAt: at(1) })], at(2))
        await store.saveHints([resolved({ startsAt: at(0), endsAt: at(30) })], at(31))
        expect((await only()).state).toBe('absent')
      })
      test('resolved without an end counts', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved({ endsAt: undefined })], at(31))
        expect((await only()).state).toBe('absent')
      })
      test('within one call the order does not matter', async () => {
        await store.saveHints([resolved(), firing()], at(31))
        await store.saveHints(
          [
            firing({ fingerprint: 'f2', startsAt: at(40) }),
            resolved({ fingerprint: 'f2', startsAt: at(0), endsAt: at(30) }),
          ],
          at(41),
        )
        expect(await only()).toMatchObject({
          state: 'firing',
          fingerprints: { f1: { resolved: true }, f2: { resolved: false } },
        })
      })
      test('a start that is not known is the time of the first hint', async () => {
        await store.saveHints([firing({ startsAt: '' })], at(5))
        await store.saveHints([firing({ startsAt: '' })], at(6))
        expect(await only()).toMatchObject({ state: 'firing', startsAt: at(5) })
      })
      test('closed, it is gone; firing again begins anew and remembers its incident', async () => {
        await store.saveHints([firing()], at(1))
        await store.changeAlerts([{ alert: key, change: { incident: 'i1' } }])
        await store.saveHints([resolved()], at(31))
        await store.changeAlerts([{ alert: key, change: { closed: at(32) } }])
        expect(await store.openAlerts(cluster)).toEqual([])
        await store.saveHints([firing({ startsAt: at(50) })], at(51))
        expect(await only()).toMatchObject({
          state: 'firing',
          firstSeen: at(51),
          startsAt: at(50),
          incident: 'i1',
          absentPolls: 0,
        })
      })
      test('one that fires again before it is closed is not closed', async () => {
        await store.saveHints([firing()], at(1))
        await store.changeAlerts([{ alert: key, change: { closed: at(32) } }])
        expect(await only()).toMatchObject({
          state: 'firing',
          closed: null,
          fingerprints: { f1: { resolved: false } },
        })
      })
      test('absent by the polls, its repeats are late until a poll shows it again', async () => {
        await store.saveHints([firing()], new Date().toISOString())
        await store.changeAlerts([{ alert: key, change: { state: 'absent', absentPolls: 2 } }])
        await store.saveHints([firing()], new Date().toISOString())
        expect(await only()).toMatchObject({ state: 'absent', absentPolls: 2 })
        await store.saveHints(
          [firing({ polledAt: new Date(Date.now() + 1000).toISOString() })],
          new Date().toISOString(),
        )
        expect(await only()).toMatchObject({ state: 'firing', absentPolls: 0 })
      })
      test('clusters do not see each other', async () => {
        await store.saveHints([firing(), firing({ cluster: 'other' })], at(1))
        await store.saveHints([resolved({ cluster: 'other' })], at(31))
        expect((await only()).state).toBe('firing')
        await store.changeAlerts([
          { alert: { ...key, cluster: 'other' }, change: { state: 'absent', closed: at(32) } },
        ])
        expect(await store.openAlerts('other')).toEqual([])
      })
      test('text of any kind comes back as it went in', async () => {
        const nasty = {
          ...labels,
          namespace: `"'<!channel>;--\\ \n🙂`,
          daemonset: 'x'.repeat(253),
          note: '%s $1 {"a":1}',
        }
        await store.saveHints(
          [firing({ namespace: nasty.namespace, daemonset: nasty.daemonset, labels: nasty })],
          at(1),
        )
        expect(await only()).toMatchObject({
          namespace: nasty.namespace,
          daemonset: nasty.daemonset,
          labels: nasty,
        })
      })
      test('no hints are no work', async () => {
        await store.saveHints([], at(1))
        expect(await store.openAlerts(cluster)).toEqual([])
      })
      test('two thousand alerts in one call, then resolved in one', async () => {
        const many = Array.from({ length: 2000 }, (_, index) =>
          firing({ cluster: 'big', daemonset: `ds-${index}`, fingerprint: `f-${index}` }),
        )
        await store.saveHints(many, at(1))
        const open = await store.openAlerts('big')
        expect(new Set(open.map((row) => row.daemonset)).size).toBe(2000)
        await store.saveHints(
          many.slice(0, 1999).map((hint) => ({ ...hint, status: 'resolved', endsAt: at(30) })),
          at(31),
        )
        const left = (await store.openAlerts('big')).filter((row) => row.state === 'firing')
        expect(left.map((row) => row.daemonset)).toEqual(['ds-1999'])
      })
      test('many calls at once are all stored', async () => {
        await Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            store.saveHints([firing({ daemonset: `ds-${index}` })], at(1)),
          ),
        )
        expect(await store.openAlerts(cluster)).toHaveLength(50)
      })
    })

    describe('incidents', () => {
      test('opened, it is found; a second one of its root is the first', async () => {
        expect(await store.openIncident(incident())).toEqual(incident())
        expect(await store.openIncident(incident({ id: 'i2', opened: at(1) }))).toEqual(incident())
        expect(await store.openIncidents(cluster)).toEqual([incident()])
        expect(await store.incident('i1')).toEqual(incident())
        expect(await store.incident('i2')).toBeUndefined()
      })
      test('opened by many at once, there is one', async () => {
        const rows = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            store.openIncident(incident({ id: `i${index}` })),
          ),
        )
        expect(new Set(rows.map((row) => row.id)).size).toBe(1)
      })
      test('another channel or root is another incident', async () => {
        await store.openIncident(incident())
        await store.openIncident(incident({ id: 'i2', channel: 'C2' }))
        await store.openIncident(incident({ id: 'i3', root: 'other' }))
        expect((await store.openIncidents(cluster)).map((row) => row.id)).toEqual([
          'i1',
          'i2',
          'i3',
        ])
      })
      test('a change raises rev; a second one from the same rev is too late', async () => {
        await store.openIncident(incident())
        expect(
          await store.changeIncident('i1', 1, { ts: '1.2', hash: 'h', observation: '{}' }),
        ).toEqual(incident({ ts: '1.2', hash: 'h', observation: '{}', rev: 2 }))
        expect(await store.changeIncident('i1', 1, { ts: '9.9' })).toBeUndefined()
        expect(await store.changeIncident('i1', 2, { hash: null, posting: at(1) })).toEqual(
          incident({ ts: '1.2', observation: '{}', posting: at(1), rev: 3 }),
        )
        expect(await store.changeIncident('none', 1, { ts: '9.9' })).toBeUndefined()
      })
      test('of many changes from one rev, one is made', async () => {
        await store.openIncident(incident())
        const rows = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            store.changeIncident('i1', 1, { ts: String(index) }),
          ),
        )
        expect(rows.filter((row) => row !== undefined)).toHaveLength(1)
        expect((await store.incident('i1'))?.rev).toBe(2)
      })
      test('the newest closed one of its root is found, if it closed late enough', async () => {
        await store.openIncident(incident())
        await store.changeIncident('i1', 1, { closed: at(10) })
        await store.openIncident(incident({ id: 'i2' }))
        await store.changeIncident('i2', 1, { closed: at(20) })
        expect((await store.recentlyClosed(cluster, 'C1', 'taint gpu', at(5)))?.id).toBe('i2')
        expect((await store.recentlyClosed(cluster, 'C1', 'taint gpu', at(20)))?.id).toBe('i2')
        expect(await store.recentlyClosed(cluster, 'C1', 'taint gpu', at(21))).toBeUndefined()
        expect(await store.recentlyClosed(cluster, 'C2', 'taint gpu', at(5))).toBeUndefined()
        expect(await store.recentlyClosed(cluster, 'C1', 'other', at(5))).toBeUndefined()
      })
      test('opened again it is open, unless another of its root is', async () => {
        await store.openIncident(incident())
        await store.changeIncident('i1', 1, { closed: at(10) })
        expect(await store.changeIncident('i1', 2, { closed: null })).toMatchObject({
          closed: null,
          rev: 3,
        })
        await store.changeIncident('i1', 3, { closed: at(11) })
        await store.openIncident(incident({ id: 'i2' }))
        expect(await store.changeIncident('i1', 4, { closed: null })).toBeUndefined()
      })
      test('a new root is taken, unless another open one has it', async () => {
        await store.openIncident(incident())
        await store.openIncident(incident({ id: 'i2', root: 'other' }))
        expect(await store.changeIncident('i1', 1, { root: 'other' })).toBeUndefined()
        expect(await store.changeIncident('i1', 1, { root: 'third' })).toMatchObject({
          root: 'third',
        })
      })
    })

    describe('actions', () => {
      beforeEach(async () => {
        await store.openIncident(incident())
        await store.openIncident(incident({ id: 'i2', cluster: 'other' }))
      })
      test('one of (incident, intent) runs; the second press learns who holds it', async () => {
        expect(await store.beginAction(action())).toEqual({ begun: true })
        expect(await store.beginAction(action({ id: 'a2', who: 'U2' }))).toEqual({
          begun: false,
          holder: action(),
        })
        expect(await store.actions('i1')).toEqual([action()])
      })
      test('pressed by many at once, one begins', async () => {
        const results = await Promise.all(
          Array.from({ length: 10 }, (_, index) => store.beginAction(action({ id: `a${index}` }))),
        )
        expect(results.filter((result) => result.begun)).toHaveLength(1)
      })
      test('an active one holds too, an ended one does not', async () => {
        await store.beginAction(action())
        expect(
          await store.changeAction('a1', 'running', {
            state: 'active',
            outcome: 'silenced until 5',
            undo: '{"id":"s1"}',
          }),
        ).toBe(true)
        const active = action({ state: 'active', outcome: 'silenced until 5', undo: '{"id":"s1"}' })
        expect(await store.beginAction(action({ id: 'a2' }))).toEqual({
          begun: false,
          holder: active,
        })
        expect(await store.changeAction('a1', 'active', { state: 'ended' })).toBe(true)
        expect(await store.beginAction(action({ id: 'a2', at: at(3) }))).toEqual({ begun: true })
        expect((await store.actions('i1')).map((row) => row.id)).toEqual(['a1', 'a2'])
      })
      test('other intents and incidents do not wait for each other', async () => {
        expect(await store.beginAction(action())).toEqual({ begun: true })
        expect(await store.beginAction(action({ id: 'a2', intent: 'patch x' }))).toEqual({
          begun: true,
        })
        expect(await store.beginAction(action({ id: 'a3', incident: 'i2' }))).toEqual({
          begun: true,
        })
      })
      test('a refused press is a plain row', async () => {
        await store.beginAction(action())
        expect(
          await store.beginAction(
            action({ id: 'a2', state: 'refused', outcome: 'not on the list' }),
          ),
        ).toEqual({
          begun: true,
        })
        expect(await store.actions('i1')).toHaveLength(2)
      })
      test('a change from another state than it has is not made', async () => {
        await store.beginAction(action())
        expect(await store.changeAction('a1', 'active', { state: 'ended' })).toBe(false)
        expect(await store.changeAction('none', 'running', { state: 'ended' })).toBe(false)
        expect((await store.actions('i1'))[0]?.state).toBe('running')
      })
      test('pending are the active ones and the running ones past their deadline, of this cluster', async () => {
        await store.beginAction(action({ id: 'late', deadline: at(2) }))
        await store.beginAction(action({ id: 'due', intent: 'b', deadline: at(10) }))
        await store.beginAction(action({ id: 'active', intent: 'c', state: 'active', at: at(2) }))
        await store.beginAction(action({ id: 'done', intent: 'd', state: 'done' }))
        await store.beginAction(action({ id: 'elsewhere', incident: 'i2' }))
        expect((await store.pendingActions(cluster, at(5))).map((row) => row.id)).toEqual([
          'late',
          'active',
        ])
        expect((await store.pendingActions(cluster)).map((row) => row.id)).toEqual([
          'due',
          'late',
          'active',
        ])
      })
    })

    describe('leases', () => {
      test('one holder at a time, who may renew and release it', async () => {
        expect(await store.acquireLease('rounds', 'one', 30)).toBe(true)
        expect(await store.acquireLease('rounds', 'two', 30)).toBe(false)
        expect(await store.acquireLease('rounds', 'one', 30)).toBe(true)
        expect(await store.acquireLease('other', 'two', 30)).toBe(true)
        await store.releaseLease('rounds', 'two')
        expect(await store.acquireLease('rounds', 'two', 30)).toBe(false)
        await store.releaseLease('rounds', 'one')
        expect(await store.acquireLease('rounds', 'two', 30)).toBe(true)
        await store.releaseLease('rounds', 'two')
      })
      test('one that ran out is free', async () => {
        expect(await store.acquireLease('short', 'one', 0.05)).toBe(true)
        await new Promise((resolve) => setTimeout(resolve, 120))
        expect(await store.acquireLease('short', 'two', 30)).toBe(true)
        await store.releaseLease('short', 'two')
      })
    })

    test('what closed long ago is forgotten with all that hangs on it, and nothing else', async () => {
      await store.openIncident(incident())
      await store.beginAction(action({ state: 'done' }))
      await store.changeIncident('i1', 1, { closed: at(10) })
      await store.openIncident(incident({ id: 'i2' }))
      await store.beginAction(action({ id: 'a2', incident: 'i2' }))
      await store.changeIncident('i2', 1, { closed: at(20) })
      await store.openIncident(incident({ id: 'i3' }))
      await store.saveHints([firing()], at(1))
      await store.forget(at(15))
      expect(await store.incident('i1')).toBeUndefined()
      expect(await store.actions('i1')).toEqual([])
      expect((await store.incident('i2'))?.id).toBe('i2')
      expect(await store.actions('i2')).toHaveLength(1)
      expect((await store.incident('i3'))?.id).toBe('i3')
      expect(await store.openAlerts(cluster)).toHaveLength(1)
    })
  })
}
