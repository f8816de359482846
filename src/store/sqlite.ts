import { statSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'sql-template-tag'
import { errorMessage } from '../words/error-message.ts'
import type { SqlDatabase } from './sql-database.ts'
import { sqlStore } from './sql-store.ts'
import type { AlertHint, Store } from './store.ts'
import { createTables } from './tables.ts'

/** A writer waits so long for another process to end its transaction. Milliseconds. */
const busyMs = 2_000

/**
 * The store in a file (`sqlite:FILE`), or in memory (`sqlite::memory:`). The file is opened at the first use and whenever it was not there,
 * so that a disk which comes back needs no restart. Hints that arrive together are committed together: each commit waits for the disk.
 */
export function sqliteStore(databaseUrl: string): Store {
  const store = sqlStore(sqliteDatabase(databaseUrl.replace(/^sqlite:/, '')))
  return { ...store, saveHints: together(store.saveHints) }
}

function sqliteDatabase(path: string): SqlDatabase {
  const file = sqliteFile(path)
  return {
    read: async (query) => run(file.open(), query),
    async write<Row>(queries: readonly Sql[]): Promise<Row[]> {
      const giveUp = Date.now() + busyMs
      for (;;) {
        try {
          return atomically<Row>(file.open(), queries)
        } catch (error) {
          // SQLite's own way to wait would hold up everything else in this process.
          if (!isBusy(error) || Date.now() > giveUp)
            throw new Error(`the database ${path} could not be written: ${reasonOf(error)}`, {
              cause: error,
            })
          await sleep(20)
        }
      }
    },
    close: async () => file.close(),
  }
}

interface Handle {
  readonly connection: DatabaseSync
  readonly statements: Map<string, StatementSync>
  /** Which file it is; undefined in memory. */
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
      // A file that was removed or replaced would take every write, and keep none.
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
    connection.exec(createTables.join(';\n'))
    return connection
  } catch (error) {
    connection?.close()
    if (isBusy(error)) throw error
    throw new Error(
      `the database ${path} cannot be opened for writing: ${reasonOf(error)}; set DATABASE_URL to sqlite:FILE, with FILE in a directory that exists and that this process may write`,
      { cause: error },
    )
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
  throw new TypeError(`no column holds a value of type ${typeof value}`)
}

/** SQLITE_BUSY, with any of its extended codes in the upper bits. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    'errcode' in error &&
    typeof error.errcode === 'number' &&
    (error.errcode & 0xff) === 5
  )
}

function reasonOf(error: unknown): string {
  return errorMessage(error)
}

/** Collects the calls of one turn of the event loop into one, whose outcome is theirs. */
function together(save: Store['saveHints']): Store['saveHints'] {
  let waiting: { readonly hints: readonly AlertHint[]; readonly now: string }[] = []
  let flush: Promise<void> | undefined
  return (hints, now) => {
    waiting.push({ hints, now })
    flush ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      const calls = waiting
      waiting = []
      flush = undefined
      return save(
        calls.flatMap((call) => call.hints),
        calls.at(-1)?.now ?? now,
      )
    })
    return flush
  }
}
