import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { sqliteStore } from '../src/store/sqlite.ts'
import type { AlertHint } from '../src/store/store.ts'
import { storeContract } from './store-contract.ts'

const directory = mkdtempSync(join(tmpdir(), 'store-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

storeContract('memory', async () => sqliteStore('sqlite::memory:'))
storeContract('a file', async () => sqliteStore(`sqlite:${join(directory, 'contract.db')}`))

const hint = (index: number): AlertHint => ({
  cluster: '',
  alertname: 'KubeDaemonSetMisScheduled',
  namespace: 'load',
  daemonset: `ds-${index}`,
  status: 'firing',
  fingerprint: `f${index}`,
  startsAt: '2026-11-24T03:00:00.000Z',
  labels: { alertname: 'KubeDaemonSetMisScheduled', namespace: 'load', daemonset: `ds-${index}` },
})
const now = '2026-11-24T03:01:00.000Z'

test('a store survives the process', async () => {
  const url = `sqlite:${join(directory, 'again.db')}`
  const first = sqliteStore(url)
  await first.saveHints([hint(1)], now)
  await first.close()
  const second = sqliteStore(url)
  expect(await second.openAlerts('')).toHaveLength(1)
  await second.close()
})

test('a database of an earlier version is brought up to date, with what is in it', async () => {
  const path = join(directory, 'earlier.db')
  const first = sqliteStore(`sqlite:${path}`)
  await first.saveHints([hint(1)], now)
  await first.close()
  const earlier = new DatabaseSync(path)
  earlier.exec('alter table alert drop column links; alter table incident drop column observation')
  earlier.close()
  const second = sqliteStore(`sqlite:${path}`)
  await second.saveHints([{ ...hint(2), links: { graph: 'http://p/graph' } }], now)
  expect((await second.openAlerts('')).map(({ daemonset, links }) => [daemonset, links])).toEqual([
    ['ds-1', {}],
    ['ds-2', { graph: 'http://p/graph' }],
  ])
  expect(await second.openIncidents('')).toEqual([])
  await second.close()
})

test('what was acknowledged survives kill -9', async () => {
  const path = join(directory, 'killed.db')
  const script = join(directory, 'killed.ts')
  writeFileSync(
    script,
    `import { sqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../src/store/sqlite.ts'))}
    const store = sqliteStore(${JSON.stringify(`sqlite:${path}`)})
    const hint = (index) => ({ cluster: '', alertname: 'a', namespace: 'n', daemonset: 'ds-' + index, status: 'firing', fingerprint: 'f' + index, startsAt: '', labels: {} })
    for (let index = 0; ; index += 1) { await store.saveHints([hint(index)], ${JSON.stringify(now)}); process.send(index) }`,
  )
  const child = fork(script)
  let acknowledged = -1
  child.on('message', (index: number) => {
    acknowledged = index
    if (index === 50) child.kill('SIGKILL')
  })
  await once(child, 'exit')
  const store = sqliteStore(`sqlite:${path}`)
  expect(acknowledged).toBeGreaterThanOrEqual(50)
  expect((await store.openAlerts('')).length).toBeGreaterThanOrEqual(acknowledged + 1)
  await store.close()
})

test('a missing directory: the error names the file and what to set; once it exists, all works', async () => {
  const missing = join(directory, 'later')
  const store = sqliteStore(`sqlite:${join(missing, 'x.db')}`)
  await expect(store.saveHints([hint(1)], now)).rejects.toThrow(
    /later\/x\.db could not be opened for writing: .*Set DATABASE_URL to sqlite:FILE/,
  )
  await expect(store.probe()).rejects.toThrow(/Set DATABASE_URL/)
  mkdirSync(missing)
  await store.saveHints([hint(1)], now)
  expect(await store.openAlerts('')).toHaveLength(1)
  await store.close()
})

test('a file that is not a database is refused', async () => {
  const path = join(directory, 'text.db')
  writeFileSync(
    path,
    'this is a text, and long enough to be taken for the header of a database, which it is not at all',
  )
  await expect(sqliteStore(`sqlite:${path}`).migrate()).rejects.toThrow(/file is not a database/)
})

test('after the file was removed, a new one is created', async () => {
  const path = join(directory, 'removed.db')
  const store = sqliteStore(`sqlite:${path}`)
  await store.saveHints([hint(1)], now)
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
  await store.saveHints([hint(2)], now)
  const other = sqliteStore(`sqlite:${path}`)
  expect((await other.openAlerts('')).map((row) => row.daemonset)).toEqual(['ds-2'])
  await other.close()
  await store.close()
})

test('a write waits for another process without blocking the event loop', async () => {
  const path = join(directory, 'locked.db')
  const store = sqliteStore(`sqlite:${path}`)
  await store.migrate()
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  const saved = store.saveHints([hint(1)], now)
  setTimeout(() => other.exec('COMMIT'), 300)
  await saved
  expect(await store.openAlerts('')).toHaveLength(1)
  other.close()
  await store.close()
})

test('a lock that is never released is an error', async () => {
  const path = join(directory, 'stuck.db')
  const store = sqliteStore(`sqlite:${path}`)
  await store.migrate()
  const other = new DatabaseSync(path)
  other.exec('BEGIN IMMEDIATE')
  await expect(store.saveHints([hint(1)], now)).rejects.toThrow(
    /stuck\.db could not be written: database is locked/,
  )
  other.exec('COMMIT')
  await store.saveHints([hint(1)], now)
  expect(await store.openAlerts('')).toHaveLength(1)
  other.close()
  await store.close()
})

test('two stores on one file agree on who holds the lease', async () => {
  const url = `sqlite:${join(directory, 'shared.db')}`
  const [one, two] = [sqliteStore(url), sqliteStore(url)]
  const won = await Promise.all([
    one.acquireLease('rounds', 'one', 30),
    two.acquireLease('rounds', 'two', 30),
  ])
  expect(won.filter(Boolean)).toHaveLength(1)
  await Promise.all([one.close(), two.close()])
})

test('2,000 calls are all stored, in far fewer transactions', async () => {
  const store = sqliteStore(`sqlite:${join(directory, 'storm.db')}`)
  await store.migrate()
  await Promise.all(Array.from({ length: 2000 }, (_, index) => store.saveHints([hint(index)], now)))
  expect(await store.openAlerts('')).toHaveLength(2000)
  await store.close()
})

test('between two writes, whatever else the process does gets a turn', async () => {
  const store = sqliteStore(`sqlite:${join(directory, 'turns.db')}`)
  let turns = 0
  let isWriting = true
  const count = (): void => {
    turns += 1
    if (isWriting) setImmediate(count)
  }
  setImmediate(count)
  for (let write = 0; write < 20; write++) await store.probe()
  isWriting = false
  expect(turns).toBeGreaterThanOrEqual(19)
  await store.close()
})
