import { createHash, randomBytes } from 'node:crypto'

// Kubernetes leaves out vowels and what looks like them, so that no word comes about.
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

const spell = (bytes: Iterable<number>) =>
  [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')

/** Five random characters, as the API server appends them to a `generateName`. */
export const randomSuffix = (): string => spell(randomBytes(5))

/** Ten characters that follow from the text, for a `controller-revision-hash`. It is not the hash that Kubernetes would compute. */
export const hashOf = (text: string): string =>
  spell(createHash('sha256').update(text).digest().subarray(0, 10))
