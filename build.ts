import { build } from 'esbuild'

/** Bundles the bot and the command line into one file each, which need Node and nothing else. The demo stays in the repository. */
await build({
  entryPoints: ['src/node.ts', 'src/cli.ts'],
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  sourcemap: 'linked',
  external: ['*/simulator/run-demo.ts'],
  // Dependencies that are CommonJS call `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
})
