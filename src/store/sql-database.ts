import sql, { join, raw, type Sql } from 'sql-template-tag'

/**
 * A database with SQLite's SQL. Rows are plain objects and are not checked: only the store writes
 * them.
 */
export interface SqlDatabase {
  read<Row>(query: Sql): Promise<Row[]>
  /** Runs all or none, durably. Returns the rows of the last statement. */
  write<Row>(queries: readonly Sql[]): Promise<Row[]>
  close(): Promise<void>
}

/** `"closed" = ?, "rev" = ?` for an update. Fields that are undefined are left out. */
export function assignments(change: Readonly<Record<string, unknown>>): Sql {
  return join(definedFields(change).map(([name, value]) => sql`${raw(`"${name}"`)} = ${value}`))
}

/** `("id", "closed") values (?, ?)` for an insert. Fields that are undefined are left out. */
export function columnsAndValues(row: object): Sql {
  const fields = definedFields(row as Readonly<Record<string, unknown>>)
  return sql`(${join(fields.map(([name]) => raw(`"${name}"`)))}) values (${join(fields.map(([, value]) => value))})`
}

const definedFields = (fields: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(fields).filter(([, value]) => value !== undefined)
