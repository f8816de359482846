import { code, listed, plain, time, type Words, words } from '../../words/words.ts'
import type { Observation } from '../state.ts'
import { evidenceLines } from './evidence-lines.ts'

/** Slack's limit for one post is 3,000, with formatting and escapes. */
const LONGEST_POST = 2500

/** In a large incident, the first posts show how it is everywhere. */
const MOST_POSTS = 5

/**
 * Everything that the verdict rests on, each line once and node by node, for anyone who wants to
 * check it: in as many posts as it takes, up to 5, and then the DaemonSets that are left out.
 */
export function evidence({ diagnoses }: Pick<Observation, 'diagnoses'>): readonly Words[] {
  const shown = new Set<string>()
  const isNew = (text: string): boolean => {
    const isKnown = shown.has(text)
    shown.add(text)
    return !isKnown
  }
  const parts = diagnoses.map(({ namespace, name, at, findings }) =>
    [
      words`Evidence for ${code(`${namespace}/${name}`)}, read ${time(at)}\n`,
      ...findings.map(({ summary }) => words`${summary}\n`),
      ...evidenceLines(
        findings.flatMap((finding) => finding.evidence),
        findings.flatMap(({ nodes }) => nodes),
        isNew,
      ),
    ].flat(),
  )
  const posts: Words[][] = []
  let length = 0
  let shownParts = 0
  for (const part of parts) {
    const size = plain(part).length
    if (posts.length === 0 || length + size > LONGEST_POST) {
      if (posts.length === MOST_POSTS) break
      posts.push([])
      length = 0
    }
    posts.at(-1)?.push(part)
    length += size
    shownParts++
  }
  const left = diagnoses.slice(shownParts).map(({ namespace, name }) => `${namespace}/${name}`)
  return [
    ...posts.map((post) => post.flat()),
    ...(left.length > 0 ? [words`The evidence for ${listed(left, 20)} is left out.`] : []),
  ]
}
