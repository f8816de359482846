import type { Sql } from 'sql-template-tag'
import { sqlStore } from './sql-store.ts'
import type { Store } from './store.ts'

/** The part of Cloudflare's D1 binding that is used here. */
export interface D1Database {
  prepare(sql: string): D1Statement
  /** One transaction. */
  batch(statements: D1Statement[]): Promise<{ readonly results?: unknown[] }[]>
}
interface D1Statement {
  bind(...values: unknown[]): D1Statement
}

/** The store in a D1 database. */
export function d1Store(d1: D1Database): Store {
  const batch = async <Row>(queries: readonly Sql[]): Promise<Row[]> => {
    const answers = await d1.batch(queries.map((query) => d1.prepare(query.sql).bind(...query.values)))
    return (answers.at(-1)?.results ?? []) as Row[]
  }
  return sqlStore({ read: (query) => batch([query]), write: batch, close: async () => {} })
}
