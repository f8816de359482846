import { raw, type Sql } from 'sql-template-tag'
import { sqlStore } from './sql-store.ts'
import type { Store } from './store.ts'
import { columnsQuery, createTables, upgradedTables, upgrades } from './tables.ts'

/** The part of Cloudflare's D1 binding that the store uses. */
export interface D1Database {
  prepare(sql: string): D1Statement
  /** One transaction. */
  batch(statements: D1Statement[]): Promise<{ readonly results?: unknown[] }[]>
}
interface D1Statement {
  bind(...values: unknown[]): D1Statement
}

/** The store in a D1 database. Tables are created at the first use. */
export function d1Store(d1: D1Database): Store {
  const batch = async <Row>(queries: readonly Sql[]): Promise<Row[]> => {
    const answers = await d1.batch(
      queries.map((query) => d1.prepare(query.sql).bind(...query.values)),
    )
    return (answers.at(-1)?.results ?? []) as Row[]
  }
  const prepareTables = async (): Promise<void> => {
    await batch(createTables.map(raw))
    const columns = new Map<string, readonly string[]>()
    for (const table of upgradedTables) {
      const rows = await batch<{ readonly name: string }>([raw(columnsQuery(table))])
      columns.set(
        table,
        rows.map(({ name }) => name),
      )
    }
    const missing = upgrades((table) => columns.get(table) ?? [])
    if (missing.length > 0) await batch(missing.map(raw))
  }
  let hasTables = false
  const write = async <Row>(queries: readonly Sql[]): Promise<Row[]> => {
    if (!hasTables) await prepareTables()
    hasTables = true
    return batch(queries)
  }
  return sqlStore({ read: (query) => write([query]), write, close: async () => {} })
}
