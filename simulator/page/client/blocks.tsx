import { type Block, type Control, controls } from '../../slack/block.ts'
import { click, type Place, pick } from './acts.ts'
import { Checkboxes, Menu, Overflow, Radios } from './choices.tsx'
import { usePage } from './context.ts'
import { PressButton } from './press-button.tsx'
import { Still } from './still.tsx'

interface Props {
  readonly blocks: readonly Block[]
  readonly place: Place
}

/** Blocks of a message, or of a modal without its inputs.  */
export function Blocks({ blocks, place }: Props) {
  return blocks.map((block, index) => (
    <div key={block.block_id ?? index} className={`block block-${block.type}`}>
      {block.type === 'actions' ? (
        <div className="actions">
          <Controls block={block} place={place} />
        </div>
      ) : (
        <>
          <Still block={block} />
          {block.accessory && <Controls block={block} place={place} />}
        </>
      )}
    </div>
  ))
}

function Controls({ block, place }: { readonly block: Block; readonly place: Place }) {
  return controls([block]).map((control) => (
    <OneControl key={control.actionId} control={control} place={place} />
  ))
}

function OneControl({ control, place }: { readonly control: Control; readonly place: Place }) {
  const { tell } = usePage()
  const { blockId, actionId, element } = control
  const failed = (error: Error): void => tell(`⚠ ${error.message}`)
  const choose = (values: string | readonly string[]): Promise<unknown> =>
    pick(place, { blockId, actionId }, values).catch(failed)
  switch (element.type) {
    case 'button':
      return (
        <PressButton
          element={element}
          onPress={() => click(place, { blockId, actionId }).catch(failed)}
        />
      )
    case 'overflow':
      return <Overflow element={element} onChoose={choose} />
    case 'static_select':
      return <Menu element={element} onChoose={choose} />
    case 'radio_buttons':
      return (
        <Radios
          element={element}
          name={`${place.ts ?? place.viewId}-${actionId}`}
          onChoose={choose}
        />
      )
    case 'checkboxes':
      return <Checkboxes element={element} onChoose={choose} />
    default:
      return null
  }
}
