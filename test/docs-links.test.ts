import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const pages = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })]

/** Relative links and images, each with the page that has it. */
const links = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#]+)[^)]*\)|src="([^"]+)"/g)]
    .map(([, link, image]) => link ?? image ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => ({ page, link })),
)

test('every relative link in the documentation leads to a file', () => {
  const broken = links.filter(({ page, link }) => !existsSync(join(root, dirname(page), link)))
  expect(broken).toEqual([])
  expect(links.length).toBeGreaterThan(50)
})
