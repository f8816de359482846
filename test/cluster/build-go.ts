import { createWriteStream } from 'node:fs'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, delimiter, join } from 'node:path'
import { output, run } from './run.ts'

/** Packages of a Go module, and how to build them. */
export interface GoSource {
  readonly module: string
  readonly version: string
  readonly packages: readonly string[]
  /** Linker flags. */
  readonly flags?: readonly string[]
  /** The version that replaces each `./staging` directory in the module's go.mod. */
  readonly staging?: string
  /**
   * Files that become the package `.`: some of the module's, put into package main, and others by
   * their name.
   */
  readonly main?: {
    readonly copied: readonly string[]
    readonly added: Readonly<Record<string, string>>
  }
  /** Name of the binary, if it is not the last element of the package path. */
  readonly output?: string | undefined
}

/**
 * Builds packages of a module from a new go.mod that requires it, because `go install …@version`
 * refuses modules with replace directives. Returns the directory of the module's source.
 */
export async function buildGo(
  source: GoSource,
  directory: string,
  logPath: string,
): Promise<{ Dir: string }> {
  const { module, version, packages, flags = [], staging } = source
  if ((await onPath('go')) === undefined) {
    throw new Error(
      `building ${module} ${version} needs Go, which is not on PATH. Install Go 1.26 or newer (https://go.dev/dl) and try again.`,
    )
  }
  const work = await mkdtemp(join(directory, '.work-'))
  const log = createWriteStream(logPath)
  // Static binaries need no C compiler. -mod=mod lets the build write go.sum for the new go.mod.
  const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' }
  try {
    const found = JSON.parse(
      await output('go', ['mod', 'download', '-json', `${module}@v${version}`], {
        cwd: directory,
        env,
      }),
    )
    const goMod = await readFile(found.GoMod, 'utf8')
    const replaced = [...goMod.matchAll(/^\s*(?:replace )?(\S+) => \.\/staging\//gm)].map(
      ([, path]) => `replace ${path} => ${path} ${staging}`,
    )
    const language = /^go .*$/m.exec(goMod)?.[0] ?? 'go 1.26'
    const godebug = /^godebug .*$/m.exec(goMod)?.[0] ?? ''
    const lines = [
      'module parts',
      language,
      godebug,
      `require ${module} v${version}`,
      ...replaced,
      '',
    ]
    await writeFile(join(work, 'go.mod'), lines.join('\n'))
    if (source.main !== undefined) await writeMain(source.main, found.Dir, work)
    const target = source.output === undefined ? `${directory}/` : join(directory, source.output)
    const args = [
      'build',
      '-mod=mod',
      '-ldflags',
      ['-s', '-w', ...flags].join(' '),
      '-o',
      target,
      ...packages,
    ]
    await run('go', args, { cwd: work, env, log, priority: 10 })
    return found
  } finally {
    log.end()
    await rm(work, { recursive: true, force: true })
  }
}

async function writeMain(
  { copied, added }: NonNullable<GoSource['main']>,
  module: string,
  work: string,
): Promise<void> {
  for (const path of copied) {
    const text = await readFile(join(module, path), 'utf8')
    await writeFile(join(work, basename(path)), text.replace(/^package \w+$/m, 'package main'))
  }
  for (const [name, text] of Object.entries(added)) await writeFile(join(work, name), text)
}

/** The path of a program in a directory of PATH; undefined if there is none. */
export async function onPath(binary: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, binary)
    if (directory !== '' && (await exists(path))) return path
  }
  return undefined
}

/** Whether there is a file or a directory at the path. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
