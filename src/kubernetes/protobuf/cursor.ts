/** The bytes are not the protobuf message that they should be. */
export class ProtobufError extends Error {
  constructor(problem: string) {
    super(problem)
    this.name = 'ProtobufError'
  }
}

/** A number that is written in up to ten bytes. */
export const VARINT = 0
/** A length, and as many bytes: a string, a message or an entry of a map. */
export const BYTES = 2

/** Wire types of eight and of four bytes, which no field that is read has. */
const FIXED_64 = 1
const FIXED_32 = 5

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The short ASCII strings that were read last, by their hash. Keys, names and values repeat from
 * object to object: they are kept once, and mostly not made again.
 */
const recent = new Array<string>(8192).fill('')
/** What is longer seldom repeats. Bytes. */
const SHORT = 64

/**
 * A position in protobuf bytes. Every read checks that it stays within the bytes and throws
 * ProtobufError otherwise. https://protobuf.dev/programming-guides/encoding/
 */
export class Cursor {
  readonly #bytes: Uint8Array
  /** Index of the next byte. */
  at: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.at = 0
  }

  /** The message may not go on beyond this. */
  get length(): number {
    return this.#bytes.length
  }

  /** A signed number. Beyond 2^53 it is rounded as `JSON.parse` rounds. */
  varint(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined) throw new ProtobufError('a number is cut off')
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) return high * 0x1_0000_0000 + (low >>> 0)
    }
    throw new ProtobufError('a number is longer than ten bytes')
  }

  /** The end of the field that starts here with its length. `end` is that of its message. */
  endOfBytes(end: number): number {
    const length = this.varint()
    const fieldEnd = this.at + length
    if (length < 0 || fieldEnd > end)
      throw new ProtobufError(`a field of ${length} bytes is longer than its message`)
    return fieldEnd
  }

  /** The UTF-8 text up to `end`. Invalid bytes become U+FFFD, as in the API server's JSON. */
  text(end: number): string {
    const bytes = this.#bytes.subarray(this.at, end)
    this.at = end
    if (bytes.length > SHORT) return decoder.decode(bytes)
    let hash = 0
    for (const byte of bytes) {
      if (byte > 0x7f) return decoder.decode(bytes)
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    const slot = hash & (recent.length - 1)
    const known = recent[slot] ?? ''
    if (isText(known, bytes)) return known
    const text = decoder.decode(bytes)
    recent[slot] = text
    return text
  }

  /** Goes past a field that nobody reads. What is in it is not looked at. */
  skip(wireType: number, end: number): void {
    if (wireType === BYTES) this.at = this.endOfBytes(end)
    else if (wireType === VARINT) this.varint()
    else if (wireType === FIXED_64) this.at += 8
    else if (wireType === FIXED_32) this.at += 4
    else throw new ProtobufError(`wire type ${wireType} is not used by Kubernetes`)
    if (this.at > end) throw new ProtobufError('a field is longer than its message')
  }
}

function isText(text: string, bytes: Uint8Array): boolean {
  if (text.length !== bytes.length) return false
  for (let index = 0; index < bytes.length; index++)
    if (text.charCodeAt(index) !== bytes[index]) return false
  return true
}
