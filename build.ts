import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const CAUSES = 'docs/causes/'
const causePages = Object.fromEntries(
  readdirSync(CAUSES).map((file) => [file, readFileSync(CAUSES + file, 'utf8')]),
)

/** Dependencies of Bolt's receivers that the bot does not use. They are a third of its bundle. */
const unused = ['express', '@slack/oauth', 'raw-body', 'jsonwebtoken', 'path-to-regexp']

const directory = process.argv[2] ?? 'dist'
rmSync(join(directory, 'parts'), { recursive: true, force: true })

/**
 * Bundles the bot and the command line into `dist` or into the directory given: `node.js`, `cli.js`
 * and in `parts` what they load when they need it. They need Node and nothing else. The demo is
 * not bundled: it runs in the repository only.
 */
await build({
  entryPoints: ['src/node.ts', 'src/cli.ts'],
  outdir: directory,
  chunkNames: 'parts/[name]-[hash]',
  bundle: true,
  splitting: true,
  alias: Object.fromEntries(unused.map((name) => [name, './src/worker/stubs/absent.cjs'])),
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  sourcemap: 'linked',
  // `explain --cause` prints them.
  define: { CAUSE_PAGES: JSON.stringify(causePages) },
  external: ['*/simulator/run-demo.ts'],
  // CommonJS dependencies call `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
})
