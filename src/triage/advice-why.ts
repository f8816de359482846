import { code, joined, plain, type Words, words } from '../words/words.ts'
import type { RemedyGroup } from './remedy-groups.ts'

/**
 * The sentences that are true for all DaemonSets of the group; if there are none, those of each of
 * the first ones, by name.
 */
export function sharedWhy(group: RemedyGroup): Words {
  const whys = new Map<string, { readonly why: Words; readonly name: string }>()
  for (const { remedy, diagnosis } of group)
    if (!whys.has(plain(remedy.why)))
      whys.set(plain(remedy.why), { why: remedy.why, name: diagnosis.name })
  const [first, ...others] = [...whys.values()]
  if (!first || others.length === 0) return first?.why ?? []
  const common = sentences(first.why).filter((sentence) =>
    others.every(({ why }) => sentences(why).some((other) => plain(other) === plain(sentence))),
  )
  if (common.length > 0) return joined(common)
  return joined(
    [first, ...others]
      .slice(0, 2)
      .map(({ why, name }) => words`In ${code(name)}: ${asClause(sentences(why)[0] ?? [])}`),
  )
}

/** The sentences of a text; each ends with a period, an exclamation or a question mark. */
function sentences(text: Words): readonly Words[] {
  const all: Words[] = []
  let current: Words = []
  for (const span of withJoinedStrings(text)) {
    const parts = typeof span === 'string' ? span.split(/(?<=[.!?]) (?=[A-Z“]|$)/) : [span]
    parts.forEach((part, index) => {
      if (index > 0) {
        all.push(current)
        current = []
      }
      current = [...current, part]
    })
  }
  return [...all, current].filter((one) => plain(one).trim() !== '')
}

function withJoinedStrings(text: Words): Words {
  const spans: (typeof text)[number][] = []
  for (const span of text) {
    const last = spans.at(-1)
    if (typeof span === 'string' && typeof last === 'string') spans[spans.length - 1] = last + span
    else spans.push(span)
  }
  return spans
}

/** The sentence without its capital, unless it starts with a name. */
export function asClause(sentence: Words): Words {
  const [first, ...rest] = sentence
  return typeof first === 'string' && /^(It|Its|The|A|No|Nothing|Nobody|Right) /.test(first)
    ? [first.charAt(0).toLowerCase() + first.slice(1), ...rest]
    : sentence
}
