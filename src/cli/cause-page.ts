import { readdir, readFile } from 'node:fs/promises'
import { UsageError } from '../config/usage-error.ts'
import { pageText } from './page-text.ts'
import type { CommandResult } from './report.ts'

/** The pages by file name, `t4.md`. The build puts them into the bundle; the repository has none. */
declare const CAUSE_PAGES: Readonly<Record<string, string>> | undefined

/** `explain --cause`: the page of a cause or hold, by its id. Throws UsageError if there is none. */
export async function explainCause(id: string): Promise<CommandResult> {
  const pages = await causePages()
  const page = pages.get(id.toLowerCase())
  if (page === undefined)
    throw new UsageError(
      `There is no cause ${JSON.stringify(id)}. Use one of: ${[...pages.keys()].map(shown).join(', ')}`,
    )
  return {
    text: (terminal) => pageText(page, terminal),
    json: { id: shown(id.toLowerCase()), page },
    misscheduled: false,
    unreadable: undefined,
  }
}

/** Markdown by lower-case id, in the order T1, T2, …, T10. */
async function causePages(): Promise<ReadonlyMap<string, string>> {
  const files =
    typeof CAUSE_PAGES === 'undefined' ? await filesIn('../../docs/causes/') : CAUSE_PAGES
  const order = new Intl.Collator('en', { numeric: true })
  return new Map(
    Object.entries(files)
      .filter(([file]) => /^[a-z0-9]+\.md$/.test(file))
      .map(([file, page]) => [file.replace('.md', ''), page] as const)
      .sort(([a], [b]) => order.compare(a, b)),
  )
}

async function filesIn(directory: string): Promise<Readonly<Record<string, string>>> {
  const url = new URL(directory, import.meta.url)
  const files = await readdir(url)
  const texts = files.map(async (file) => [file, await readFile(new URL(file, url), 'utf8')])
  return Object.fromEntries(await Promise.all(texts))
}

/** `T4`; `unknown` has no number. */
function shown(id: string): string {
  return /\d/.test(id) ? id.toUpperCase() : id
}
