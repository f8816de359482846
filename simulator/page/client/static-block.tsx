import { type Block as AnyBlock, Message as LibraryMessage } from 'slack-blocks-to-jsx'
import type { Block, Element, Text } from '../../slack/blocks.ts'
import { usePage } from './hooks.ts'
import { richText } from './rich-text.ts'

/**
 * A block without controls. Text objects are parsed here and drawn as rich text;
 * slack-blocks-to-jsx draws everything else.
 */
export function StaticBlock({ block }: { readonly block: Block }) {
  switch (block.type) {
    case 'header':
      return (
        <h3 className="header">
          <TextObject text={block.text} />
        </h3>
      )
    case 'section':
      return (
        <div className="section">
          <TextObject text={block.text} />
          {block.fields && (
            <div className="fields">
              {Object.entries(block.fields).map(([position, field]) => (
                <TextObject key={position} text={field} />
              ))}
            </div>
          )}
        </div>
      )
    case 'context':
      return (
        <div className="context">{Object.entries(block.elements ?? {}).map(contextElement)}</div>
      )
    case 'alert':
      return (
        <div className={`alert ${block.level ?? 'default'}`} role="note">
          <TextObject text={block.text} />
        </div>
      )
    case 'table':
      return (
        <LibraryBlock block={{ ...block, rows: block.rows?.map((row) => row.map(literalCell)) }} />
      )
    default:
      return <LibraryBlock block={block} />
  }
}

/** A Block Kit text object. `fallback`: shown if there is none. */
export function TextObject({
  text,
  fallback = '',
}: {
  readonly text: Text | undefined
  readonly fallback?: string
}) {
  if (!text) return fallback
  return (
    <LibraryBlock
      block={{ type: 'rich_text', elements: richText(text) as unknown as readonly Element[] }}
    />
  )
}

function contextElement([position, element]: readonly [string, Element]) {
  return element.type === 'image' ? (
    <img key={position} src={element.image_url} alt={element.alt_text} />
  ) : (
    <TextObject key={position} text={element as unknown as Text} />
  )
}

/** A raw_text cell has no markup, not even emoji. */
function literalCell(cell: Element): unknown {
  if (cell.type !== 'raw_text') return cell
  const elements = [{ type: 'rich_text_section', elements: [{ type: 'text', text: cell.text }] }]
  return { type: 'rich_text', elements }
}

/** Draws a block with slack-blocks-to-jsx. */
function LibraryBlock({ block }: { readonly block: object }) {
  const { state, dark } = usePage()
  return (
    <LibraryMessage
      blocks={[block as AnyBlock]}
      theme={dark ? 'dark' : 'light'}
      withoutWrapper
      name=""
      logo=""
      data={{
        users: state.people.map(({ id, name }) => ({ id, name })),
        channels: state.channels.map(({ id, name }) => ({ id, name })),
        user_groups: state.usergroups.map(({ id, handle }) => ({ id, name: handle, handle })),
      }}
    />
  )
}
