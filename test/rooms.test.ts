import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/**
 * Every room and every file at the top of `src/`, from the ground up. A file imports from its own
 * room and from rooms above it in this list.
 */
const FLOORS = [
  'src/words/',
  'src/telemetry/',
  'src/config/',
  'src/kubernetes/protobuf/',
  'src/kubernetes/',
  'src/kubernetes/snapshot/',
  'src/kubernetes/connect/',
  'src/daemonset/',
  'src/ownership/',
  'src/triage/facts/',
  'src/triage/taints/',
  'src/triage/drain/',
  'src/triage/remedies/',
  'src/triage/holds/',
  'src/triage/findings/',
  'src/triage/causes/',
  'src/triage/',
  'src/store/',
  'src/alertmanager/',
  'src/prometheus/',
  'src/slack/',
  'src/bot.ts',
  'src/incident/',
  'src/incident/message/',
  'src/incident/actions/',
  'src/reconcile.ts',
  'src/act.ts',
  'src/loop/',
  'src/http/',
  'src/worker/',
  'src/worker.ts',
  'src/node/',
  'src/node.ts',
  'simulator/timers.ts',
  'simulator/local-server.ts',
  'simulator/cluster/',
  'simulator/alertmanager/',
  'simulator/slack/',
  'simulator/scenarios/',
  'simulator/page/',
  'simulator/',
  'src/cli/',
  'src/cli.ts',
]

/** Rooms without I/O, clock or client: equal input, equal output. */
const PURE = ['src/words/', 'src/daemonset/', 'src/ownership/', 'src/triage/']

/** Files outside the pure rooms that a pure room may import: types, and functions as pure. */
const PURE_ELSEWHERE = [
  'src/kubernetes/objects.ts',
  'src/kubernetes/patches.ts',
  'src/kubernetes/question.ts',
]

/** Ways to reach a clock, a network, a file or a process. */
const IMPURE =
  /\bDate\.now\(|\bnew Date\(\)|\bfetch\(|\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(|\bprocess\.|\bconsole\.|\bperformance\.now\(/

const files = ['src', 'simulator'].flatMap(sources)
const graph = new Map(files.map((file) => [file, imports(file)]))

describe('the import graph, type imports included', () => {
  it('gives every file a floor', () => {
    expect(files.filter((file) => floorOf(file) === -1)).toEqual([])
  })

  it('has a file on every floor', () => {
    const used = new Set(files.map(floorOf))
    expect(FLOORS.filter((_, index) => !used.has(index))).toEqual([])
  })

  it('has no edge back up', () => {
    const up = files.flatMap((file) =>
      importsOf(file)
        .filter((to) => floorOf(to) > floorOf(file))
        .map((to) => `${file} -> ${to}`),
    )
    expect(up).toEqual([])
  })

  it('has no circle of files', () => {
    expect(circles(files)).toEqual([])
  })

  it('is read from the code: both tests find what is planted', () => {
    expect(importsOf('src/reconcile.ts')).toContain('src/bot.ts')
    expect(floorOf('src/bot.ts')).toBeLessThan(floorOf('src/reconcile.ts'))
    const planted = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ])
    expect(circles(['a', 'b', 'c'], (file) => planted.get(file) ?? [])).toEqual(['b -> c -> b'])
  })
})

describe('the pure rooms', () => {
  const pure = files.filter((file) => PURE.some((room) => file.startsWith(room)))

  it.each(pure)('%s imports nothing but pure code', (file) => {
    const allowed = (name: string) =>
      PURE_ELSEWHERE.includes(name) || PURE.some((room) => name.startsWith(room))
    expect(valueImports(file).filter((name) => !allowed(name))).toEqual([])
  })

  it.each(pure)('%s reaches for no clock, network, file or process', (file) => {
    expect(withoutComments(file).match(IMPURE)?.[0]).toBeUndefined()
  })

  it('are told from the others', () => {
    expect(valueImports('src/node/node-bot.ts')).toContain('node:fs')
    expect(IMPURE.test('const now = Date.now()')).toBe(true)
  })
})

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))
    .sort()
}

/** The room of a file: the longest entry of FLOORS that it begins with. -1: none. */
function floorOf(file: string): number {
  const own = FLOORS.filter((room) => file.startsWith(room)).sort((a, b) => b.length - a.length)[0]
  return own === undefined ? -1 : FLOORS.indexOf(own)
}

function importsOf(file: string): string[] {
  return (graph.get(file) ?? []).filter((name) => graph.has(name))
}

/**
 * What a file imports, types and dynamic imports too: packages by name, files by their path from
 * the root.
 */
function imports(file: string): string[] {
  const pattern = /(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]/gm
  return [...withoutComments(file).matchAll(pattern)].map((match) => resolved(file, match[1] ?? ''))
}

/** What it imports to run: type-only imports carry no code. */
function valueImports(file: string): string[] {
  const pattern = /^\s*(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
  return [...withoutComments(file).matchAll(pattern)].map((match) => resolved(file, match[1] ?? ''))
}

function resolved(file: string, name: string): string {
  return name.startsWith('.') ? relative(root, join(root, dirname(file), name)) : name
}

function withoutComments(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}

/** One line for each circle that a walk over the imports meets. */
function circles(names: readonly string[], next: (name: string) => readonly string[] = importsOf) {
  const done = new Set<string>()
  const path: string[] = []
  const found: string[] = []
  const visit = (name: string): void => {
    const at = path.indexOf(name)
    if (at !== -1) {
      found.push([...path.slice(at), name].join(' -> '))
      return
    }
    if (done.has(name)) return
    path.push(name)
    for (const to of next(name)) visit(to)
    path.pop()
    done.add(name)
  }
  for (const name of names) visit(name)
  return found
}
