import { Message as Drawn, type Block as DrawnBlock } from 'slack-blocks-to-jsx'
import type { Block, Element, Text } from '../../slack/block.ts'
import { usePage } from './context.ts'
import { richText } from './rich-text.ts'

/** A block, or part of one, that only shows something. Text objects are read here and drawn as rich text, the rest by slack-blocks-to-jsx. */
export function Still({ block }: { readonly block: Block }) {
  switch (block.type) {
    case 'header':
      return (
        <h3 className="header">
          <Words text={block.text} />
        </h3>
      )
    case 'section':
      return (
        <div className="section">
          <Words text={block.text} />
          {block.fields && (
            <div className="fields">
              {Object.entries(block.fields).map(([position, field]) => (
                <Words key={position} text={field} />
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
          <Words text={block.text} />
        </div>
      )
    case 'table':
      return (
        <Library block={{ ...block, rows: block.rows?.map((row) => row.map(letterByLetter)) }} />
      )
    default:
      return <Library block={block} />
  }
}

/** A text object. */
export function Words({
  text,
  otherwise = '',
}: {
  readonly text: Text | undefined
  readonly otherwise?: string
}) {
  if (!text) return otherwise
  return (
    <Library
      block={{ type: 'rich_text', elements: richText(text) as unknown as readonly Element[] }}
    />
  )
}

function contextElement([position, element]: readonly [string, Element]) {
  return element.type === 'image' ? (
    <img key={position} src={element.image_url} alt={element.alt_text} />
  ) : (
    <Words key={position} text={element as unknown as Text} />
  )
}

/** A raw_text cell knows no markup, not even emoji. */
function letterByLetter(cell: Element): unknown {
  if (cell.type !== 'raw_text') return cell
  const elements = [{ type: 'rich_text_section', elements: [{ type: 'text', text: cell.text }] }]
  return { type: 'rich_text', elements }
}

function Library({ block }: { readonly block: object }) {
  const { state, dark } = usePage()
  return (
    <Drawn
      blocks={[block as DrawnBlock]}
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
