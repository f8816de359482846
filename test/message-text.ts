import type { KnownBlock, RichTextElement } from '@slack/web-api'

/** Blocks as Slack shows them, in Markdown, with the primary button in bold. */
export function blocksText(blocks: readonly KnownBlock[]): string {
  return blocks.map(blockText).join('\n\n')
}

/** Slack's mrkdwn with links as their text and times as clients show them that cannot format a date. */
export function mrkdwnText(mrkdwn: string): string {
  return mrkdwn
    .replace(/<(?:https?:|!date)[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function blockText(block: KnownBlock): string {
  switch (block.type) {
    case 'header':
      return `# ${block.text.text}`
    case 'context':
      return block.elements.map(contextText).join('\n')
    case 'rich_text':
      return block.elements.map(richPart).join('\n')
    case 'actions':
      return block.elements.map(actionText).join(' ')
    case 'table': {
      const [header = [], ...rows] = block.rows.map((row) => row.map(cellText))
      const titles = header.map((title) => title.replaceAll('**', ''))
      return [titles, titles.map(() => '---'), ...rows].map(tableLine).join('\n')
    }
    default:
      throw new Error(`cannot render a ${block.type} block: add it to blockText`)
  }
}

type Block<Type> = Extract<KnownBlock, { readonly type: Type }>

function contextText(element: Block<'context'>['elements'][number]): string {
  if (element.type === 'mrkdwn') return mrkdwnText(element.text)
  return element.type === 'plain_text' ? element.text : element.alt_text
}

function richPart(part: Block<'rich_text'>['elements'][number]): string {
  if (part.type === 'rich_text_preformatted')
    return `\`\`\`\n${part.elements.map(spanText).join('')}\n\`\`\``
  if (part.type === 'rich_text_list')
    return part.elements.map(({ elements }) => `- ${elements.map(spanText).join('')}`).join('\n')
  return together(part.elements.map(spanText).join(''))
}

function spanText(element: RichTextElement): string {
  switch (element.type) {
    case 'text':
      return styled(element.text, element.style)
    case 'date':
      return styled(element.fallback ?? '', element.style)
    case 'user':
      return `@${element.user_id}`
    default:
      throw new Error(`cannot render a ${element.type} element: add it to spanText`)
  }
}

function styled(text: string, style: { bold?: boolean; code?: boolean } = {}): string {
  const inner = style.code ? `\`${text}\`` : text
  return style.bold ? inner.replace(/^(\s*)(.*?)(\s*)$/s, '$1**$2**$3') : inner
}

// Adjacent spans of one style look like one.
function together(text: string): string {
  return text.replace(/\*\*(\s*)\*\*/g, '$1').replaceAll('``', '')
}

function actionText(element: Block<'actions'>['elements'][number]): string {
  if (element.type === 'overflow')
    return `⋯ ${element.options.map(({ text }) => `[${text.text}]`).join(' ')}`
  if (element.type !== 'button')
    throw new Error(`cannot render a ${element.type}: add it to actionText`)
  const label = `[${element.text.text}]`
  return element.style === 'primary' ? `**${label}**` : label
}

function cellText(cell: Block<'table'>['rows'][number][number]): string {
  return cell.type === 'rich_text' ? cell.elements.map(richPart).join(' ') : ''
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
}
