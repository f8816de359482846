import type { CompiledQuery } from 'kysely'

/** What the store asks of a database, whichever it is. Rows come as plain objects. */
export interface SqlDatabase {
  read<Row>(query: CompiledQuery): Promise<Row[]>
  /** All or none, and durable once it resolves. Gives the rows that the last statement returned. */
  write<Row>(queries: readonly CompiledQuery[]): Promise<Row[]>
  close(): Promise<void>
}
