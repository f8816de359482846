import type { Words } from './words.ts'

/** The sentences that are there, with a space between them. */
export function joined(...parts: readonly Words[]): Words {
  return parts
    .filter((part) => part.length > 0)
    .flatMap((part, index) => (index === 0 ? part : [' ', ...part]))
}
