import { statSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Sql } from 'sql-template-tag'
import { errorMessage } from '../words/error-message.ts'
import type { SqlDatabase } from './sql-database.ts'
import { sqlStore } from './sql-store.ts'
import type { AlertHint, Store } from './store.ts'
import { columnsQuery, createTables, upgrades } from './tables.ts'

/** How long a write waits for the transaction of another process. */
const busyMs = 2_000

/**
 * The store in a file (`sqlite:FILE`) or in memory (`sqlite::memory:`). The file is opened at the
 * first use, and again if it was removed or replaced, so a disk that comes back needs no restart.
 * Hints that arrive together share a commit, because each commit waits for the disk.
 */
export function sqliteStore(databaseUrl: string): Store {
  const store = sqlStore(sqliteDatabase(databaseUrl.replace(/^sqlite:/, '')))
  return { ...store, saveHints: batched(store.saveHints) }
}

function sqliteDatabase(path: string): SqlDatabase {
  const file = sqliteFile(path)
  return {
    read: async (query) => run(file.open(), query),
    async write<Row>(queries: readonly Sql[]): Promise<Row[]> {
      const giveUp = Date.now() + busyMs
      // It waits for the disk and blocks the event loop: requests get a turn between two writes.
      await turn()
      for (;;) {
        try {
          return atomically<Row>(file.open(), queries)
        } catch (error) {
          if (error instanceof DatabaseError) throw error
          // SQLite's own busy handler would block the event loop.
          if (!isBusy(error) || Date.now() > giveUp)
            throw new DatabaseError(path, 'could not be written', error)
          await sleep(20)
        }
      }
    },
    close: async () => file.close(),
  }
}

class DatabaseError extends Error {
  constructor(path: string, problem: string, cause: unknown, fix = '') {
    super(`Database ${path} ${problem}: ${errorMessage(cause)}${fix}`, { cause })
    this.name = 'DatabaseError'
  }
}

interface Handle {
  readonly connection: DatabaseSync
  readonly statements: Map<string, StatementSync>
  /** Identifies the file; undefined in memory. */
  readonly inode: bigint | undefined
}

function sqliteFile(path: string): { open(): Handle; close(): void } {
  let handle: Handle | undefined
  const inode = (): bigint | undefined =>
    path === ':memory:' ? undefined : statSync(path, { bigint: true, throwIfNoEntry: false })?.ino
  const close = (): void => {
    handle?.connection.close()
    handle = undefined
  }
  return {
    open() {
      // A removed or replaced file would accept every write and keep none.
      if (handle && handle.inode !== inode()) close()
      if (handle) return handle
      const connection = connect(path)
      handle = { connection, statements: new Map(), inode: inode() }
      return handle
    },
    close,
  }
}

function connect(path: string): DatabaseSync {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path)
    connection.exec(
      'PRAGMA busy_timeout = 100; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
    )
    prepareTables(connection)
    return connection
  } catch (error) {
    connection?.close()
    if (isBusy(error)) throw error
    throw new DatabaseError(
      path,
      'could not be opened for writing',
      error,
      '. Set DATABASE_URL to sqlite:FILE, with FILE in a directory that exists and is writable',
    )
  }
}

/** In one transaction, since another process may open the same file. */
function prepareTables(connection: DatabaseSync): void {
  connection.exec('BEGIN IMMEDIATE')
  try {
    connection.exec(createTables.join(';\n'))
    const columnsOf = (table: string) =>
      connection
        .prepare(columnsQuery(table))
        .all()
        .map(({ name }) => String(name))
    for (const upgrade of upgrades(columnsOf)) connection.exec(upgrade)
    connection.exec('COMMIT')
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

function atomically<Row>(handle: Handle, queries: readonly Sql[]): Row[] {
  handle.connection.exec('BEGIN IMMEDIATE')
  try {
    const results = queries.map((query) => run<Row>(handle, query))
    handle.connection.exec('COMMIT')
    return results.at(-1) ?? []
  } catch (error) {
    if (handle.connection.isTransaction) handle.connection.exec('ROLLBACK')
    throw error
  }
}

function run<Row>({ connection, statements }: Handle, query: Sql): Row[] {
  const statement = statements.get(query.sql) ?? connection.prepare(query.sql)
  statements.set(query.sql, statement)
  return statement.all(...query.values.map(bindable)).map((row) => ({ ...row }) as Row)
}

function bindable(value: unknown): SQLInputValue {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint'
  )
    return value
  throw new TypeError(`A column cannot hold a value of type ${typeof value}`)
}

/** SQLITE_BUSY (5); the upper bits have the extended code. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === 5
  )
}

/** Hints wait this long at most for others to share their commit. Milliseconds. */
const longestGatherMs = 100

/**
 * Makes calls that come close together a single call; all get its result. A call waits as long as
 * the last one took, so half of the time is left to receive more.
 */
function batched(save: Store['saveHints']): Store['saveHints'] {
  let waiting: { readonly hints: readonly AlertHint[]; readonly now: string }[] = []
  let flush: Promise<void> | undefined
  let lastMs = 0
  async function flushSoon(): Promise<void> {
    await sleep(lastMs)
    const calls = waiting
    waiting = []
    flush = undefined
    const startedAtMs = performance.now()
    try {
      await save(
        calls.flatMap((call) => call.hints),
        calls.at(-1)?.now ?? '',
      )
    } finally {
      lastMs = Math.min(performance.now() - startedAtMs, longestGatherMs)
    }
  }
  return (hints, now) => {
    waiting.push({ hints, now })
    flush ??= flushSoon()
    return flush
  }
}
