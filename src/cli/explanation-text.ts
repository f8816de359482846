import type { Advice } from '../triage/advice.ts'
import type { Explanation } from '../triage/explain.ts'
import { URGENCY_WORDS } from '../triage/urgency.ts'
import { type Words, words } from '../words/words.ts'
import {
  oneLine,
  printable,
  type Style,
  styled,
  styledLines,
  type Terminal,
  widthOf,
  wrapped,
} from './terminal.ts'

/** Whether to get up and what is wrong, why, an open question, what happens otherwise, the nodes. */
export function summaryText(
  { urgency, headline, why, question = [], ifIgnored, table }: Explanation,
  terminal: Terminal,
): readonly string[] {
  return [
    ...styledLines(
      wrapped(words`${URGENCY_WORDS[urgency]}: ${headline}`, terminal),
      'bold',
      terminal,
    ),
    ...(why.length > 0 ? ['', ...wrapped(why, terminal)] : []),
    ...(question.length > 0 ? ['', ...wrapped(question, terminal)] : []),
    ...(ifIgnored.length > 0
      ? ['', ...wrapped(words`If you do nothing: ${ifIgnored}`, terminal)]
      : []),
    ...tableText(table, terminal),
  ]
}

/** What to do and what not to do. Options of which `isUseless` is true stand last. */
export function adviceSections(
  { now, forGood, notThis }: Pick<Explanation, 'now' | 'forGood' | 'notThis'>,
  isUseless: (advice: Advice) => boolean,
  terminal: Terminal,
): readonly string[] {
  const helpful = (advice: Advice) => !isUseless(advice)
  return [
    ...section('What to do now', now.filter(helpful), terminal),
    ...section('For good', forGood.filter(helpful), terminal),
    ...section('What not to do', notThis, terminal),
    ...section('Does not help alone', [...now, ...forGood].filter(isUseless), terminal),
  ]
}

/** What the conclusion rests on, what is unknown, and the commands that print the causes' pages. */
export function evidenceText(
  { evidence, limits, causes }: Pick<Explanation, 'evidence' | 'limits' | 'causes'>,
  invocation: string,
  terminal: Terminal,
): readonly string[] {
  const pages = causes.map(({ id, cause }) => {
    const title = id === cause ? id : `${id} ${cause}`.trim()
    return `  - ${title}: ${invocation} explain --cause ${id}`
  })
  return [
    ...listText('Evidence', evidence, terminal),
    ...listText('Unknown', limits, terminal),
    ...(pages.length > 0 ? [...heading('Read more', terminal), ...pages] : []),
  ]
}

/** A heading with a blank line before it. */
export function heading(text: string, terminal: Terminal): readonly string[] {
  return ['', styled(text, 'bold', terminal)]
}

/** Items under a heading; nothing if there are none. */
export function listText(
  title: string,
  items: readonly Words[],
  terminal: Terminal,
): readonly string[] {
  return items.length === 0
    ? []
    : [...heading(title, terminal), ...items.flatMap((item) => wrapped(item, terminal, '  - '))]
}

/** Two columns. If the first leaves less than 36 columns, the second goes below it. */
export function tableText(
  { header, rows, more }: Explanation['table'],
  terminal: Terminal,
): readonly string[] {
  if (rows.length === 0) return []
  const names = rows.map(([name]) => oneLine(name, terminal, false))
  const column = Math.max(widthOf(header[0]), ...names.map(widthOf)) + 2
  const stacked = terminal.width - column - 2 < 36
  const lines = rows.flatMap(([, reason], index) => {
    const name = names[index] ?? ''
    if (stacked) return [`  ${name}`, ...wrapped(reason, terminal, '    ')]
    return wrapped(reason, terminal, `  ${name}${' '.repeat(column - widthOf(name))}`)
  })
  const title = stacked ? `  ${header[0]}` : `  ${header[0].padEnd(column)}${header[1]}`
  return [
    '',
    styled(title, 'dim', terminal),
    ...lines,
    ...(more > 0 ? [styled(`  … and ${more} more`, 'dim', terminal)] : []),
  ]
}

function section(title: string, advice: readonly Advice[], terminal: Terminal): readonly string[] {
  return advice.length === 0
    ? []
    : [...heading(title, terminal), ...advice.flatMap((one) => adviceText(one, terminal))]
}

/** One piece of advice: what to do, why, the predicted effect, and what to type. */
export function adviceText(
  { remedy, title, simulated, where = [], daemonSets }: Advice,
  terminal: Terminal,
): readonly string[] {
  const [mark, style] = markOf(remedy)
  const dim = (text: string) => styledLines(wrapped([text], terminal, '    '), 'dim', terminal)
  return [
    ...styledLines(wrapped(title, terminal, `  ${mark} `), style, terminal),
    ...wrapped(remedy.why, terminal, '    '),
    ...(remedy.horizon === 'for-good' && where.length > 0 ? wrapped(where, terminal, '    ') : []),
    ...(simulated && !remedy.tempting ? dim(`Simulated: ${simulated}`) : []),
    ...(daemonSets.length > 1 ? dim(`For ${daemonSets.join(', ')}`) : []),
    ...commandLines(remedy, terminal).map((line) => `      ${line}`),
  ]
}

/** What to type or copy. Advice against a remedy shows none. */
function commandLines(
  { tempting, commands = [], snippet = '' }: Advice['remedy'],
  terminal: Terminal,
): readonly string[] {
  if (tempting) return []
  const lines = snippet.split('\n').filter((line) => line !== '')
  return [
    ...commands.map((command) => styled(`$ ${printable(command)}`, 'cyan', terminal)),
    ...lines.map(printableYaml),
  ]
}

function markOf({ recommended, tempting }: Advice['remedy']): readonly [string, Style] {
  if (tempting) return ['✗', 'red']
  return recommended ? ['→', 'green'] : ['·', 'yellow']
}

/** `printable` that keeps the indentation. */
function printableYaml(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? ''
  return indent + printable(line.slice(indent.length))
}
