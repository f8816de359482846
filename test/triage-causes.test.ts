import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CAUSES } from '../src/triage/causes/index.ts'
import { HOLDS } from '../src/triage/holds/index.ts'

const DOCS = new URL('../docs/causes/', import.meta.url)
const SOURCE = new URL('../src/', import.meta.url)
const SCENARIOS = new URL('./scenarios/', import.meta.url)
const byName = (a: { readonly id: string }, b: { readonly id: string }) => place(a.id) - place(b.id)
/** T1, T2, …, P1, …; ids with another letter come last. */
const place = (id: string) =>
  ('TPOSK'.indexOf(id.charAt(0)) + 1 || 9) * 100 + (Number(id.slice(1)) || 99)

describe('the causes', () => {
  it('have a file and a page each, and no file or page is without one', () => {
    expect(fileIds('../src/triage/causes/')).toEqual(idsOf(CAUSES))
    expect(fileIds('../src/triage/holds/', /^[a-z]\d/)).toEqual(idsOf(HOLDS))
    expect(fileIds('../docs/causes/', /^(?!README)/)).toEqual(idsOf([...CAUSES, ...HOLDS]))
  })

  it('come in order of precedence', () => {
    const causes = 'S3 O1 O2 O3 T4 T1 T2 T5 T11 T12 T10 T7 T8 T9 T6 T3'.split(' ')
    expect(CAUSES.map(({ id }) => id).filter((id) => causes.includes(id))).toEqual(causes)
    const holds = 'K6 K1 K4 K2 K3 K5'.split(' ')
    expect(HOLDS.map(({ id }) => id).filter((id) => holds.includes(id))).toEqual(holds)
  })

  it('are known by id in their own files only', () => {
    const rooms = ['triage/causes/', 'triage/holds/']
    const others = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !rooms.some((room) => file.startsWith(room)),
    )
    // 'unknown' is a common word.
    const ids = [...CAUSES, ...HOLDS].map(({ id }) => id).filter((id) => id !== 'unknown')
    const quoted = new RegExp(`(['"])(${ids.join('|')})\\1`)
    const found = others.filter((file) => quoted.test(readFileSync(new URL(file, SOURCE), 'utf8')))
    expect(found).toEqual([])
    expect(quoted.test("id === 'S4'")).toBe(true)
  })

  it('have different names for machines', () => {
    expect(new Set(CAUSES.map(({ cause }) => cause)).size).toBe(CAUSES.length)
  })

  it.each([...CAUSES, ...HOLDS].map(({ id }) => id))(
    '%s has a page that says what it means, how to check it, what to do and what not',
    (id) => {
      const page = readFileSync(new URL(`${id.toLowerCase()}.md`, DOCS), 'utf8')
      expect(page).toMatch(new RegExp(`^# ${id}: `))
      for (const heading of [
        'What it means',
        'How to check by hand',
        'What to do',
        'What not to do, and why',
      ])
        expect(page).toContain(`\n## ${heading}\n`)
    },
  )

  it.each([...CAUSES, ...HOLDS].map(({ id }) => id))('%s has a scenario', (id) => {
    const found = readdirSync(SCENARIOS).filter((name) => {
      const file = new URL(`${name}/expected.md`, SCENARIOS)
      return (
        existsSync(file) &&
        new RegExp(`^findings: .*\\b${id}\\b`, 'm').test(readFileSync(file, 'utf8'))
      )
    })
    expect(found).not.toEqual([])
  })

  it('are listed in docs/causes/README.md (rewrite it with `npx vitest run test/triage-causes.test.ts -u`)', async () => {
    await expect(readme()).toMatchFileSnapshot('../docs/causes/README.md')
  })
})

function idsOf(all: readonly { readonly id: string }[]): string[] {
  return all.map(({ id }) => id.toLowerCase()).sort()
}

/** What comes before the first `-` or `.` of the names in a folder. */
function fileIds(folder: string, name = /^(?!index)/): string[] {
  return readdirSync(new URL(folder, import.meta.url))
    .filter((file) => name.test(file))
    .map((file) => file.split(/[-.]/)[0] ?? '')
    .sort()
}

function readme(): string {
  const row = (id: string, word: string, title: string) =>
    `| [${id}](${id.toLowerCase()}.md) | ${word} | ${title} |`
  return `# Why a DaemonSet is misscheduled

Each cause has an id, which messages and \`explain\` show, and a name for machines, which \`--output json\` and metrics show as \`cause\`.

- **T**: a \`NoSchedule\` taint is not tolerated. The controller leaves the pod running and does not recreate it.
- **P**: the controller deletes the pod. If it is still there after minutes, something holds it: see **K**.
- **O**: the DaemonSet owns a pod that it did not create.
- **S**: the number in the status is wrong, or the alert lags behind it.

| id | cause | what it is |
|---|---|---|
${[...CAUSES]
  .sort(byName)
  .map(({ id, cause, title }) => row(id, `\`${cause}\``, title))
  .join('\n')}

What holds a pod that the controller deletes (\`heldBy\`):

| id | | why the pod is still there |
|---|---|---|
${[...HOLDS]
  .sort(byName)
  .map(({ id, title }) => row(id, '', title))
  .join('\n')}
`
}
