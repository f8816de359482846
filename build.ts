import { build } from 'esbuild'

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
  external: ['*/simulator/run-demo.ts'],
  // CommonJS dependencies call `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
})
