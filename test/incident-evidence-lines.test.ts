import { describe, expect, it } from 'vitest'
import { evidenceLines } from '../src/incident/message/evidence-lines.ts'
import { code, joined, plain, type Words, words } from '../src/words/words.ts'

const NOT_READY = words`${code('n1')}: condition Ready is False`
const TAINTED = words`${code('n1')}: tainted at 3:00 or earlier; pod ${code('a-1')} created at 2:00`
const OTHER_NODE = words`${code('n2')}: tainted at 3:00 or earlier; pod ${code('a-2')} created at 2:00`
const SPREAD = words`${code('team=x')}: 2 of 3 nodes have it`

function shown(lines: readonly Words[], known = new Set<string>()): readonly string[] {
  const isNew = (text: string) => {
    const isKnown = known.has(text)
    known.add(text)
    return !isKnown
  }
  return evidenceLines(lines, ['n1', 'n2'], isNew).map((line) => plain(line))
}

describe('the lines of the evidence', () => {
  it('puts what is known of one node together, with its pods below', () => {
    expect(shown([NOT_READY, SPREAD, TAINTED, OTHER_NODE])).toEqual([
      '• `n1`: condition Ready is False\n',
      '    ◦ tainted at 3:00 or earlier\n',
      '    ◦ pod `a-1` created at 2:00\n',
      '• `n2`: tainted at 3:00 or earlier\n',
      '    ◦ pod `a-2` created at 2:00\n',
      '• `team=x`: 2 of 3 nodes have it\n',
    ])
  })

  it('tells each pod of a joined line apart, and loses nothing', () => {
    const pods = ['a', 'b'].map((name) => words`pod ${code(name)} is stopping; it has 600 s`)
    expect(shown([words`${code('n1')}: ${joined([['draining'], ...pods], '; ')}`])).toEqual([
      '• `n1`: draining\n',
      '    ◦ pod `a` is stopping; it has 600 s\n',
      '    ◦ pod `b` is stopping; it has 600 s\n',
    ])
  })

  it('says of a node once what several DaemonSets rest on', () => {
    const known = new Set<string>()
    shown([TAINTED, SPREAD], known)
    expect(
      shown([words`${code('n1')}: tainted at 3:00 or earlier; pod ${code('b-1')}`, SPREAD], known),
    ).toEqual(['• `n1`: pod `b-1`\n'])
  })

  it('leaves a line as it is that begins with a name, but is not about the node', () => {
    expect(shown([words`${code('n1')} runs there in its place`, words`${code('n9')}: x`])).toEqual([
      '• `n1` runs there in its place\n',
      '• `n9`: x\n',
    ])
  })
})
