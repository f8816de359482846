import sql, { join, raw, type Sql } from 'sql-template-tag'

/** What the store asks of a database, whichever it is. Rows come as plain objects. */
export interface SqlDatabase {
  read<Row>(query: Sql): Promise<Row[]>
  /** All or none, and durable once it resolves. Gives the rows that the last statement returned. */
  write<Row>(queries: readonly Sql[]): Promise<Row[]>
  close(): Promise<void>
}

/** `"closed" = ?, "rev" = ?` for an update; fields that are undefined are left out. */
export function assignments(change: Readonly<Record<string, unknown>>): Sql {
  return join(given(change).map(([name, value]) => sql`${raw(`"${name}"`)} = ${value}`))
}

/** `("id", "closed") values (?, ?)` for an insert. */
export function columnsAndValues(row: object): Sql {
  const fields = given(row as Readonly<Record<string, unknown>>)
  return sql`(${join(fields.map(([name]) => raw(`"${name}"`)))}) values (${join(fields.map(([, value]) => value))})`
}

const given = (fields: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(fields).filter(([, value]) => value !== undefined)
