import { readdirSync, readFileSync } from 'node:fs'
import { build } from 'esbuild'

const CAUSES = 'docs/causes/'
const causePages = Object.fromEntries(
  readdirSync(CAUSES).map((file) => [file, readFileSync(CAUSES + file, 'utf8')]),
)

/**
 * Bundles the bot and the command line into one file each, in `dist` or in the directory given.
 * They need Node and nothing else. The demo is not bundled: it runs in the repository only.
 */
await build({
  entryPoints: ['src/node.ts', 'src/cli.ts'],
  outdir: process.argv[2] ?? 'dist',
  bundle: true,
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
