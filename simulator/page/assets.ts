import { join } from 'node:path'

/** The page's script and style sheet, bundled from `client/`. */
export interface Assets {
  readonly script: string
  readonly style: string
}

/** Bundles them; takes under a second and no network. Throws with what the compiler says. */
export async function buildAssets(): Promise<Assets> {
  const { build } = await import('esbuild')
  const client = join(import.meta.dirname, 'client')
  const { outputFiles } = await build({
    entryPoints: [join(client, 'main.tsx'), join(client, 'page.css')],
    bundle: true,
    minify: true,
    write: false,
    outdir: '/',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
  const text = (name: string): string =>
    outputFiles.find(({ path }) => path.endsWith(name))?.text ?? ''
  return { script: text('main.js'), style: text('page.css') }
}
