import { useState } from 'react'
import type { Element } from '../../slack/block.ts'
import { useConfirm } from './confirm.tsx'
import { Words } from './still.tsx'

interface Props {
  readonly element: Element
  readonly onPress: () => Promise<unknown>
}

/** A button of a message or modal. It is dim until the app has acknowledged the press. */
export function PressButton({ element, onPress }: Props) {
  const [pressed, setPressed] = useState(false)
  const press = async (): Promise<void> => {
    setPressed(true)
    if (element.url) window.open(element.url, '_blank', 'noopener')
    await onPress()
    setPressed(false)
  }
  const { ask, dialog } = useConfirm(element.confirm, press)
  return (
    <>
      <button
        type="button"
        className={`press ${element.style ?? ''}`}
        data-action-id={element.action_id}
        aria-label={element.accessibility_label}
        aria-busy={pressed}
        onClick={ask}
      >
        <Words text={element.text} />
      </button>
      {dialog}
    </>
  )
}
