import { BYTES, Cursor, ProtobufError } from './cursor.ts'
import type { Message } from './message.ts'
import { listMetaMessage, statusMessage } from './messages.ts'

/** The body of a response; those of Node, undici and Workers all have it. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>
    cancel(): Promise<void>
  }
}

/** What the API server is asked to send, and what it says that it sent. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf'

/** The first bytes of every response: `k8s` and a zero. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00] as const

/** Fields of runtime.Unknown and of every list, by the tag of `generated.proto`. */
const RAW = tagOf(2)
const METADATA = tagOf(1)
const ITEM = tagOf(2)

/**
 * Reads a list while it arrives and hands each item to `add` as the object that the API server
 * would send as JSON. `arrived` is called for each part of it. No more than one item and one chunk is held at a time. Returns the token of
 * the next page. Throws ProtobufError, or what the stream throws.
 */
export async function readProtobufList(
  body: ByteStream,
  item: Message,
  add: (value: unknown) => void,
  arrived: () => void = () => undefined,
): Promise<string | undefined> {
  const bytes = new IncomingBytes(body, arrived)
  try {
    await bytes.expectMagic()
    let next: string | undefined
    let isEmpty = true
    await eachField(bytes, Number.POSITIVE_INFINITY, async (tag, end) => {
      if (tag !== RAW) return bytes.skipTo(end)
      isEmpty = false
      await eachField(bytes, end, async (tag, end) => {
        if (tag !== ITEM && tag !== METADATA) return bytes.skipTo(end)
        const field = await bytes.take(end)
        if (tag === ITEM) add(read(item, field))
        else next = String(read(listMetaMessage, field).continue ?? '') || undefined
      })
    })
    if (isEmpty) throw new ProtobufError(CUT_OFF)
    return next
  } finally {
    await bytes.cancel()
  }
}

/** The words of a Status object, which the API server sends with an error. Throws ProtobufError. */
export function readProtobufStatus(response: Uint8Array): Readonly<Record<string, unknown>> {
  const cursor = new Cursor(response)
  if (MAGIC.some((byte, index) => response[index] !== byte))
    throw new ProtobufError('the response is not protobuf')
  cursor.at = MAGIC.length
  while (cursor.at < cursor.length) {
    const tag = cursor.varint()
    if (tag === RAW) return statusMessage(cursor, cursor.endOfBytes(cursor.length))
    cursor.skip(tag & 7, cursor.length)
  }
  throw new ProtobufError('the response is empty')
}

function tagOf(field: number): number {
  return (field << 3) | BYTES
}

function read(message: Message, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  return message(new Cursor(bytes), bytes.length)
}

/** Every field of a message up to `end`, or up to the end of the stream. All of them have bytes. */
async function eachField(
  bytes: IncomingBytes,
  end: number,
  found: (tag: number, end: number) => Promise<void>,
): Promise<void> {
  while (bytes.at < end && !(end === Number.POSITIVE_INFINITY && (await bytes.isOver()))) {
    const tag = await bytes.varint()
    if ((tag & 7) !== BYTES) throw new ProtobufError(`a list has no field of wire type ${tag & 7}`)
    const length = await bytes.varint()
    const fieldEnd = bytes.at + length
    if (length < 0 || fieldEnd > end)
      throw new ProtobufError(`a field of ${length} bytes is longer than its message`)
    await found(tag, fieldEnd)
    if (bytes.at !== fieldEnd) throw new ProtobufError('a field does not end where it should')
  }
}

const CUT_OFF = 'the response is cut off'
/** etcd takes objects of 1.5 MiB, and 8 MiB at most with the settings that are in use. */
const MOST_BYTES = 32 * 1024 * 1024

/** The bytes of a stream that have arrived and were not taken yet. */
class IncomingBytes {
  readonly #reader: ReturnType<ByteStream['getReader']>
  readonly #arrived: () => void
  #held: Uint8Array = new Uint8Array(0)
  /** The position in `#held` of the next byte. */
  #next = 0
  /** The number of bytes that were taken. */
  at = 0

  constructor(body: ByteStream, arrived: () => void) {
    this.#reader = body.getReader()
    this.#arrived = arrived
  }

  async expectMagic(): Promise<void> {
    const start = await this.take(MAGIC.length)
    if (MAGIC.some((byte, index) => start[index] !== byte))
      throw new ProtobufError('the response is not protobuf')
  }

  async isOver(): Promise<boolean> {
    return this.#next === this.#held.length && !(await this.#more())
  }

  /** A number of at most ten bytes. */
  async varint(): Promise<number> {
    let length = 1
    while (((await this.#byte(length - 1)) & 0x80) !== 0 && length < 10) length++
    return new Cursor(await this.take(this.at + length)).varint()
  }

  /** The bytes up to this position, which are valid until the next call. */
  async take(end: number): Promise<Uint8Array> {
    const length = end - this.at
    if (length > MOST_BYTES) throw new ProtobufError(`an object has ${length} bytes`)
    while (this.#held.length - this.#next < length) {
      if (!(await this.#more())) throw new ProtobufError(CUT_OFF)
    }
    const taken = this.#held.subarray(this.#next, this.#next + length)
    this.#next += length
    this.at = end
    return taken
  }

  async skipTo(end: number): Promise<void> {
    while (this.at < end) {
      if (await this.isOver()) throw new ProtobufError(CUT_OFF)
      const step = Math.min(end - this.at, this.#held.length - this.#next)
      this.#next += step
      this.at += step
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined)
  }

  async #byte(ahead: number): Promise<number> {
    while (this.#held.length <= this.#next + ahead) {
      if (!(await this.#more())) throw new ProtobufError(CUT_OFF)
    }
    return this.#held[this.#next + ahead] ?? 0
  }

  /** Waits for the next chunk; false at the end. */
  async #more(): Promise<boolean> {
    const { done, value } = await this.#reader.read()
    if (done || value === undefined) return false
    this.#arrived()
    const rest = this.#held.subarray(this.#next)
    if (rest.length === 0) this.#held = value
    else {
      this.#held = new Uint8Array(rest.length + value.length)
      this.#held.set(rest)
      this.#held.set(value, rest.length)
    }
    this.#next = 0
    return true
  }
}
