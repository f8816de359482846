import { useState } from 'react'
import { type Block, type Control, controlsOf, type Element } from '../../slack/blocks.ts'
import { Checkboxes, Menu, Overflow, Radios } from './choices.tsx'
import { useConfirm } from './dialog.tsx'
import { usePage } from './hooks.ts'
import { click, type Place, pick } from './requests.ts'
import { StaticBlock, TextObject } from './static-block.tsx'

interface Props {
  readonly blocks: readonly Block[]
  readonly place: Place
}

/** Blocks of a message, or of a modal except its inputs. */
export function Blocks({ blocks, place }: Props) {
  return blocks.map((block, index) => (
    <div key={block.block_id ?? index} className={`block block-${block.type}`}>
      {block.type === 'actions' ? (
        <div className="actions">
          <Controls block={block} place={place} />
        </div>
      ) : (
        <>
          <StaticBlock block={block} />
          {block.accessory && <Controls block={block} place={place} />}
        </>
      )}
    </div>
  ))
}

function Controls({ block, place }: { readonly block: Block; readonly place: Place }) {
  return controlsOf([block]).map((control) => (
    <ControlElement key={control.actionId} control={control} place={place} />
  ))
}

function ControlElement({ control, place }: { readonly control: Control; readonly place: Place }) {
  const { showNote } = usePage()
  const { blockId, actionId, element } = control
  const showError = (error: Error): void => showNote(`⚠ ${error.message}`)
  const choose = (values: string | readonly string[]): Promise<unknown> =>
    pick(place, { blockId, actionId }, values).catch(showError)
  switch (element.type) {
    case 'button':
      return (
        <PressButton
          element={element}
          onPress={() => click(place, { blockId, actionId }).catch(showError)}
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

interface PressButtonProps {
  readonly element: Element
  readonly onPress: () => Promise<unknown>
}

/** A button of a message or modal, dimmed until the app acknowledges the click. */
function PressButton({ element, onPress }: PressButtonProps) {
  const [isPending, setPending] = useState(false)
  const press = async (): Promise<void> => {
    setPending(true)
    if (element.url) window.open(element.url, '_blank', 'noopener')
    await onPress()
    setPending(false)
  }
  const { ask, dialog } = useConfirm(element.confirm, press)
  return (
    <>
      <button
        type="button"
        className={`press ${element.style ?? ''}`}
        data-action-id={element.action_id}
        aria-label={element.accessibility_label}
        aria-busy={isPending}
        onClick={ask}
      >
        <TextObject text={element.text} />
      </button>
      {dialog}
    </>
  )
}
