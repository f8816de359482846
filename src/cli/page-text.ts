import { code, strong, type Words } from '../words/words.ts'
import { styled, styledLines, type Terminal, wrapped } from './terminal.ts'

/** Fenced code, a table, or a line. */
const BLOCK = /^```[^\n]*\n[\s\S]*?\n```$|^(?:\|.*\n?)+|^.*$/gm

/**
 * A page of docs/causes for the terminal: the Markdown that these pages use, namely headings,
 * paragraphs, lists, tables, fenced code, code, bold text and links.
 */
export function pageText(markdown: string, terminal: Terminal): readonly string[] {
  return (markdown.trim().match(BLOCK) ?? []).flatMap((block) => blockText(block, terminal))
}

function blockText(block: string, terminal: Terminal): readonly string[] {
  if (block.startsWith('```'))
    return block
      .split('\n')
      .slice(1, -1)
      .map((line) => styled(`    ${line}`, 'cyan', terminal))
  if (block.startsWith('|')) return tableText(block.trim().split('\n').map(cellsOf), terminal)
  const [, indent = '', item] = /^( *)- (.*)$/.exec(block) ?? []
  if (item !== undefined) return wrapped(inline(item), terminal, `  ${indent}- `)
  const [, title] = /^#+ (.*)$/.exec(block) ?? []
  if (title !== undefined) return styledLines(wrapped([title], terminal), 'bold', terminal)
  return block === '' ? [''] : wrapped(inline(block), terminal)
}

function cellsOf(row: string): readonly string[] {
  return row
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())
}

/** Each row is an item: `draining: …`. With more than two columns, their titles stand below it. */
function tableText(rows: readonly (readonly string[])[], terminal: Terminal): readonly string[] {
  const [[, ...titles] = [], , ...body] = rows
  return body.flatMap(([first = '', ...cells]) => {
    if (titles.length === 1) return wrapped(inline(`${first}: ${cells[0] ?? ''}`), terminal, '  - ')
    const below = cells.flatMap((cell, index) =>
      cell === '' ? [] : wrapped(inline(`${titles[index]}: ${cell}`), terminal, '      '),
    )
    return [...wrapped(inline(first), terminal, '  - '), ...below]
  })
}

/** Links keep their text, and their address if it is not a file of the repository. */
function inline(text: string): Words {
  const spans = text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)]+)\)|([^`*[]+|.)/g)
  return [...spans].flatMap(([, name, bold, label, address = '', plain = '']): Words => {
    if (name !== undefined) return [code(name)]
    if (bold !== undefined) return [strong(bold)]
    if (label === undefined) return [plain]
    return [...inline(label), ...(address.startsWith('https:') ? [` (${address})`] : [])]
  })
}
