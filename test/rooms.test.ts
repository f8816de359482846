import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Files that a pure room may import beside its own: other pure rooms and the pure modules of system rooms. */
const pure = [
  /^src\/daemonset\//,
  /^src\/triage\//,
  /^src\/kubernetes\/(objects|ownership|helm-values|operator-crs|lasting-fix)(\.ts|\.json|\/)/,
]

/** Words by which code reaches for a clock, a network, a file or a process. */
const impure =
  /\bDate\.now\(|\bnew Date\(\)|\bfetch\(|\bsetTimeout\(|\bsetInterval\(|\bMath\.random\(|\bprocess\.|\bconsole\.|\bperformance\.now\(/

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort()
}

/** What a file imports: packages by name, files by their path from the project's root. Type-only imports carry no code and are left out. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = [...text.matchAll(/^\s*(?:import|export)\s+(?!type\b)(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)].map(
    (match) => match[1] ?? '',
  )
  return found.map((name) => (name.startsWith('.') ? relative(root, join(root, dirname(file), name)) : name))
}

describe('the pure rooms', () => {
  for (const file of [...sources('src/daemonset'), ...sources('src/triage')]) {
    it(`${file} imports nothing but pure rooms`, () => {
      expect(imports(file).filter((name) => !pure.some((rule) => rule.test(name)))).toEqual([])
    })

    it(`${file} looks at no clock, network, file or process`, () => {
      const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      expect(code.match(impure)?.[0]).toBeUndefined()
    })
  }
})

describe('the rule itself', () => {
  it('finds an import of a package and of an impure room', () => {
    expect(imports('src/reconcile.ts')).toContain('src/bot.ts')
    expect(pure.some((rule) => rule.test('src/bot.ts'))).toBe(false)
    expect(pure.some((rule) => rule.test('node:fs'))).toBe(false)
  })

  it('sees a clock', () => {
    expect(impure.test('const now = Date.now()')).toBe(true)
  })
})

describe('the product', () => {
  it('needs nothing of the stand-ins outside the demo', () => {
    const product = sources('src').filter((file) => !file.startsWith('src/local/') && file !== 'src/cli.ts')
    expect(product.filter((file) => imports(file).some((name) => name.startsWith('src/local/')))).toEqual([])
  })
})
