import { BYTES, type Cursor, ProtobufError, VARINT } from './cursor.ts'

/** What a message becomes: the object that the API server would send as JSON. */
type Json = Record<string, unknown>

/** A field of a message, and how its value gets into the object. */
export interface Field {
  /** In JSON. */
  readonly name: string
  readonly wireType: number
  /** The cursor is at the value, which ends at `end`, as the message does for a number. */
  readonly read: (into: Json, cursor: Cursor, end: number) => void
}

/** Reads a message from the cursor's position up to `end`. Throws ProtobufError. */
export type Message = (cursor: Cursor, end: number) => Json

/**
 * A message with these fields by their number in `generated.proto`; all others are skipped. The
 * depth of nesting is that of the definition, whatever the bytes hold.
 */
export function message(fields: Readonly<Record<number, Field>>): Message {
  const byNumber: (Field | undefined)[] = []
  for (const [number, field] of Object.entries(fields)) byNumber[Number(number)] = field
  return (cursor, end) => {
    const into: Json = {}
    while (cursor.at < end) {
      const tag = cursor.varint()
      const field = byNumber[tag >>> 3]
      if (field === undefined) cursor.skip(tag & 7, end)
      else readField(field, tag & 7, into, cursor, end)
    }
    if (cursor.at > end) throw new ProtobufError('a field is longer than its message')
    return into
  }
}

function readField(field: Field, wireType: number, into: Json, cursor: Cursor, end: number): void {
  try {
    if (wireType !== field.wireType)
      throw new ProtobufError(`has wire type ${wireType}, not ${field.wireType}`)
    const fieldEnd = wireType === BYTES ? cursor.endOfBytes(end) : end
    field.read(into, cursor, fieldEnd)
    if (wireType === BYTES && cursor.at !== fieldEnd)
      throw new ProtobufError('does not end where its length says')
  } catch (error) {
    throw error instanceof ProtobufError
      ? new ProtobufError(`${field.name}: ${error.message}`)
      : error
  }
}

/*
 * Fields by what Go's JSON does with an empty value: `omitempty` leaves it out; a field without
 * that is always there, and so is one that a pointer holds.
 */

/** A string with `omitempty`. */
export function text(name: string): Field {
  return bytes(name, (into, cursor, end) => {
    if (cursor.at < end) into[name] = cursor.text(end)
  })
}

/** A string that is never left out. */
export function anyText(name: string): Field {
  return bytes(name, (into, cursor, end) => {
    into[name] = cursor.text(end)
  })
}

/** A list of strings. */
export function texts(name: string): Field {
  return bytes(name, (into, cursor, end) => {
    append(into, name, cursor.text(end))
  })
}

/** A number with `omitempty`. */
export function number(name: string): Field {
  return varint(name, (into, value) => {
    if (value !== 0) into[name] = value
  })
}

/** A number that is never left out if it is set. */
export function anyNumber(name: string): Field {
  return varint(name, (into, value) => {
    into[name] = value
  })
}

/** A boolean with `omitempty`. */
export function flag(name: string): Field {
  return varint(name, (into, value) => {
    if (value !== 0) into[name] = true
  })
}

/** A boolean that is never left out if it is set. */
export function anyFlag(name: string): Field {
  return varint(name, (into, value) => {
    into[name] = value !== 0
  })
}

/** A message. */
export function one(name: string, read: Message): Field {
  return bytes(name, (into, cursor, end) => {
    into[name] = read(cursor, end)
  })
}

/** A list of messages. */
export function many(name: string, read: Message): Field {
  return bytes(name, (into, cursor, end) => {
    append(into, name, read(cursor, end))
  })
}

/** A message whose fields JSON has in the object around it. */
export function inlined(name: string, read: Message): Field {
  return bytes(name, (into, cursor, end) => {
    Object.assign(into, read(cursor, end))
  })
}

/** A map whose keys are strings; `value` reads the message with the key (1) and the value (2). */
export function map(name: string, entry: Message): Field {
  return bytes(name, (into, cursor, end) => {
    const { key = '', value = '' } = entry(cursor, end)
    into[name] ??= {}
    const values = into[name] as Json
    values[String(key)] = value
  })
}

/** A message as the one value that `convert` makes of it; undefined leaves the field out. */
export function converted(name: string, read: Message, convert: (message: Json) => unknown): Field {
  return bytes(name, (into, cursor, end) => {
    const value = convert(read(cursor, end))
    if (value !== undefined) into[name] = value
  })
}

function bytes(name: string, read: Field['read']): Field {
  return { name, wireType: BYTES, read }
}

function varint(name: string, put: (into: Json, value: number) => void): Field {
  return { name, wireType: VARINT, read: (into, cursor) => put(into, cursor.varint()) }
}

function append(into: Json, name: string, value: unknown): void {
  const list = into[name]
  if (Array.isArray(list)) list.push(value)
  else into[name] = [value]
}
