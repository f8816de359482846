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
  links: { graph: 'http://prometheus/graph' },
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

/** The tests of every store. `empty` makes one; `close` stops what was started for it. */
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

    test('migrate again changes nothing', async () => {
      await store.saveHints([firing()], at(1))
      await store.migrate()
      expect(await store.openAlerts(cluster)).toHaveLength(1)
    })
    test('probe can be repeated', async () => {
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
          labels,
          links: { graph: 'http://prometheus/graph' },
          incident: null,
          absentPolls: 0,
          closed: null,
        })
      })
      test('a repeat changes only lastSeen', async () => {
        await store.saveHints([firing()], at(1))
        const first = await only()
        await store.saveHints([firing()], at(6))
        expect(await only()).toEqual({ ...first, lastSeen: at(6) })
      })
      test('firing again resets absentPolls', async () => {
        await store.saveHints([firing()], at(1))
        await store.changeAlerts([{ alert: key, change: { absentPolls: 1, incident: 'i1' } }])
        expect(await only()).toMatchObject({ absentPolls: 1, incident: 'i1' })
        await store.saveHints([firing()], at(2))
        expect(await only()).toMatchObject({ absentPolls: 0, incident: 'i1' })
      })
      test('a resolved hint makes it absent; it stays open', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        expect(await only()).toMatchObject({
          state: 'absent',
          closed: null,
          lastSeen: at(31),
        })
      })
      test('it fires while one of its series fires', async () => {
        await store.saveHints([firing(), firing({ fingerprint: 'f2' })], at(1))
        await store.saveHints([resolved()], at(31))
        expect((await only()).state).toBe('firing')
        await store.saveHints([resolved({ fingerprint: 'f2' })], at(32))
        expect((await only()).state).toBe('absent')
      })
      test('a new fingerprint of the same DaemonSet is the same alert and keeps the earliest startsAt', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ fingerprint: 'f2', startsAt: at(46) })], at(46))
        expect(await only()).toMatchObject({ state: 'firing', firstSeen: at(1), startsAt: at(0) })
      })
      test('a late repeat of firing, after resolved, changes nothing', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        const before = await only()
        await store.saveHints([firing()], at(32))
        expect(await only()).toEqual(before)
      })
      test('resolved first, firing late: nothing is opened', async () => {
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing()], at(32))
        expect(await store.openAlerts(cluster)).toEqual([])
      })
      test('firing long after resolved counts: Prometheus was cut off and is back', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing()], at(42))
        expect((await only()).state).toBe('firing')
      })
      test('an alert that a poll lists fires, even if it was just resolved', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ polledAt: at(32) })], at(32))
        expect((await only()).state).toBe('firing')
      })
      test('an alert that was resolved after the poll does not fire', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ polledAt: at(30) })], at(32))
        expect((await only()).state).toBe('absent')
      })
      test('firing with a new startsAt counts, even if the series was just resolved', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved()], at(31))
        await store.saveHints([firing({ startsAt: at(32) })], at(33))
        expect((await only()).state).toBe('firing')
      })
      test('a late resolved of an earlier episode does not end the current one', async () => {
        await store.saveHints([firing({ startsAt: at(40) })], at(41))
        await store.saveHints([resolved({ startsAt: at(0), endsAt: at(30) })], at(42))
        expect((await only()).state).toBe('firing')
      })
      test('resolved counts even if startsAt has moved back', async () => {
        await store.saveHints([firing({ startsAt: at(1) })], at(2))
        await store.saveHints([resolved({ startsAt: at(0), endsAt: at(30) })], at(31))
        expect((await only()).state).toBe('absent')
      })
      test('resolved without endsAt counts', async () => {
        await store.saveHints([firing()], at(1))
        await store.saveHints([resolved({ endsAt: undefined })], at(31))
        expect((await only()).state).toBe('absent')
      })
      test('the order within one call does not matter', async () => {
        await store.saveHints([resolved(), firing()], at(31))
        await store.saveHints(
          [
            firing({ fingerprint: 'f2', startsAt: at(40) }),
            resolved({ fingerprint: 'f2', startsAt: at(0), endsAt: at(30) }),
          ],
          at(41),
        )
        expect((await only()).state).toBe('firing')
        await store.saveHints([resolved({ fingerprint: 'f2', endsAt: at(45) })], at(46))
        expect((await only()).state).toBe('absent')
      })
      test('an unknown startsAt is the time of the first hint', async () => {
        await store.saveHints([firing({ startsAt: '' })], at(5))
        await store.saveHints([firing({ startsAt: '' })], at(6))
        expect(await only()).toMatchObject({ state: 'firing', startsAt: at(5) })
      })
      test('closed, it is no longer open; firing again it has a new start and the same incident', async () => {
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
      test('one that fires again is not closed', async () => {
        await store.saveHints([firing()], at(1))
        await store.changeAlerts([{ alert: key, change: { closed: at(32) } }])
        expect(await only()).toMatchObject({
          state: 'firing',
          closed: null,
        })
      })
      test('absent by polls, repeats are ignored until a poll lists it again', async () => {
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
      test('clusters are separate', async () => {
        await store.saveHints([firing(), firing({ cluster: 'other' })], at(1))
        await store.saveHints([resolved({ cluster: 'other' })], at(31))
        expect((await only()).state).toBe('firing')
        await store.changeAlerts([
          { alert: { ...key, cluster: 'other' }, change: { state: 'absent', closed: at(32) } },
        ])
        expect(await store.openAlerts('other')).toEqual([])
      })
      test('any text is returned unchanged', async () => {
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
      test('no hints: nothing happens', async () => {
        await store.saveHints([], at(1))
        expect(await store.openAlerts(cluster)).toEqual([])
      })
      test('2,000 alerts in one call, then resolved in one', async () => {
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
      test('an open one is found; opening a second one of its root returns the first', async () => {
        expect(await store.openIncident(incident())).toEqual(incident())
        expect(await store.openIncident(incident({ id: 'i2', opened: at(1) }))).toEqual(incident())
        expect(await store.openIncidents(cluster)).toEqual([incident()])
        expect(await store.incident('i1')).toEqual(incident())
        expect(await store.incident('i2')).toBeUndefined()
      })
      test('opened many times at once, there is one', async () => {
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
      test('a change increases rev; a second one from the same rev is not made', async () => {
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
      test('recentlyClosed: the last one closed of its root, at or after the time', async () => {
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
      test('incidentsToFollow: closed ones with a message whose actions go on or can be undone', async () => {
        const closedWith = async (id: string, ts: string | null, done: Partial<ActionRow>) => {
          await store.openIncident(incident({ id, root: id, ts }))
          await store.beginAction(action({ id: `a${id}`, incident: id, ...done }))
          await store.changeIncident(id, 1, { closed: at(10) })
        }
        await closedWith('i1', '1.1', { state: 'done', undo: '{}' })
        await closedWith('i2', '1.2', { state: 'active' })
        await closedWith('i3', '1.3', { state: 'running' })
        await closedWith('i4', '1.4', { state: 'done' })
        await closedWith('i5', null, { state: 'active' })
        await store.openIncident(incident({ id: 'i6', root: 'i6', ts: '1.6' }))
        await store.beginAction(action({ id: 'ai6', incident: 'i6' }))
        const ids = async (since: number, of = cluster) =>
          (await store.incidentsToFollow(of, at(since))).map(({ id }) => id)
        expect(await ids(10)).toEqual(['i1', 'i2', 'i3'])
        expect(await ids(11)).toEqual([])
        expect(await ids(10, 'other')).toEqual([])
      })
      test('it can be opened again, unless another one of its root is open', async () => {
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
      test('it can get a new root, unless another open one has it', async () => {
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
      test('one of (incident, intent) runs; a second one gets the holder', async () => {
        expect(await store.beginAction(action())).toEqual({ begun: true })
        expect(await store.beginAction(action({ id: 'a2', who: 'U2' }))).toEqual({
          begun: false,
          holder: action(),
        })
        expect(await store.actions('i1')).toEqual([action()])
      })
      test('begun many times at once, one begins', async () => {
        const results = await Promise.all(
          Array.from({ length: 10 }, (_, index) => store.beginAction(action({ id: `a${index}` }))),
        )
        expect(results.filter((result) => result.begun)).toHaveLength(1)
      })
      test('an active one holds the lock, an ended one does not', async () => {
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
        expect(await store.actions('i1')).toEqual([active])
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
      test('a refused one is stored and locks nothing', async () => {
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
      test('a change from another state is not made', async () => {
        await store.beginAction(action())
        expect(await store.changeAction('a1', 'active', { state: 'ended' })).toBe(false)
        expect(await store.changeAction('none', 'running', { state: 'ended' })).toBe(false)
        expect((await store.actions('i1'))[0]?.state).toBe('running')
      })
    })

    describe('leases', () => {
      test('one holder at a time, who can extend and release it', async () => {
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
      test('one that was taken before the clock was set back is free', async () => {
        expect(await store.acquireLease('ahead', 'one', 3600)).toBe(true)
        expect(await store.acquireLease('ahead', 'two', 2000)).toBe(false)
        expect(await store.acquireLease('ahead', 'two', 45)).toBe(true)
        await store.releaseLease('ahead', 'two')
      })
      test('an expired one is free', async () => {
        expect(await store.acquireLease('short', 'one', 0.05)).toBe(true)
        await new Promise((resolve) => setTimeout(resolve, 120))
        expect(await store.acquireLease('short', 'two', 30)).toBe(true)
        await store.releaseLease('short', 'two')
      })
    })

    test('forget keeps a series that was resolved since then, so its late repeat is still ignored', async () => {
      const [resolvedAt, late] = ['2026-11-24T03:00:00.000Z', '2026-11-24T03:05:00.000Z']
      await store.saveHints([resolved()], resolvedAt)
      await store.forget('2026-11-24T02:00:00.000Z')
      await store.saveHints([firing()], late)
      expect(await store.openAlerts(cluster)).toEqual([])
    })

    test('forget deletes what was closed before, with its actions, and nothing else', async () => {
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
