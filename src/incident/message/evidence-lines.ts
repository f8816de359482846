import { code, plain, type Span, type Words, words } from '../../words/words.ts'

interface NodeFacts {
  readonly node: Span
  readonly facts: Words[]
  readonly pods: Words[]
}

/**
 * Lines of evidence as a list: what is known of one node stands together, with its pods below, and
 * what is about no single node comes last. `isNew`: whether a text was not shown yet.
 */
export function evidenceLines(
  lines: readonly Words[],
  nodes: readonly string[],
  isNew: (text: string) => boolean,
): readonly Words[] {
  const perNode = new Map<string, NodeFacts>()
  const others: Words[] = []
  for (const line of lines) {
    const node = nodeOf(line, nodes)
    if (node === undefined) {
      if (isNew(plain(line))) others.push(line)
      continue
    }
    const known = perNode.get(node) ?? { node: code(node), facts: [], pods: [] }
    perNode.set(node, known)
    for (const fact of factsOf(line))
      if (isNew(`${node}: ${plain(fact)}`)) (isOfPod(fact) ? known.pods : known.facts).push(fact)
  }
  return [...[...perNode.values()].flatMap(nodeLines), ...others.map((line) => words`• ${line}\n`)]
}

/** The node that a line is about: "`n1`: …". */
function nodeOf([first, second]: Words, nodes: readonly string[]): string | undefined {
  if (typeof first !== 'object' || !('code' in first) || !nodes.includes(first.code))
    return undefined
  return typeof second === 'string' && second.startsWith(': ') ? first.code : undefined
}

const POD = 'pod '
const AND_POD = `; ${POD}`

/** What a line says of its node, and what it says of each pod there. */
function factsOf([, second = '', ...rest]: Words): readonly Words[] {
  const spans = [typeof second === 'string' ? second.slice(2) : second, ...rest].filter(Boolean)
  const facts: Span[][] = [[]]
  spans.forEach((span, index) => {
    if (typeof span === 'string' && span.endsWith(AND_POD)) {
      facts.at(-1)?.push(span.slice(0, -AND_POD.length))
      facts.push([POD])
    } else if (span === '; ' && spans[index + 1] === POD) facts.push([])
    else facts.at(-1)?.push(span)
  })
  return facts.map((fact) => fact.filter(Boolean)).filter((fact) => fact.length > 0)
}

function isOfPod([first]: Words): boolean {
  return typeof first === 'string' && first.startsWith(POD)
}

function nodeLines({ node, facts, pods }: NodeFacts): readonly Words[] {
  const [first, ...more] = [...facts, ...pods]
  return first ? [words`• ${node}: ${first}\n`, ...more.map((fact) => words`    ◦ ${fact}\n`)] : []
}
