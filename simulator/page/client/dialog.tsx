import { type ReactNode, useEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import type { Confirm } from '../../slack/blocks.ts'
import { TextObject } from './static-block.tsx'

interface Props {
  readonly className: string
  readonly label: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A modal dialog. It traps the focus, Escape closes it, and the focus returns to what opened it. */
export function Dialog({ className, label, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const opener = document.activeElement
    ref.current?.showModal()
    return () => returnFocus(opener)
  }, [])
  return createPortal(
    <dialog
      ref={ref}
      className={className}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      {children}
    </dialog>,
    document.body,
  )
}

/** To the control, or to its message if that no longer has the control. */
function returnFocus(opener: Element | null): void {
  if (!(opener instanceof HTMLElement)) return
  const ts = opener.closest('article')?.dataset.ts
  // After the page has been drawn without the dialog.
  requestAnimationFrame(() => {
    if (document.querySelector('dialog[open]')) return
    const message = document.querySelector<HTMLElement>(`article[data-ts="${ts ?? ''}"]`)
    const target = opener.isConnected ? opener : message
    target?.focus({ preventScroll: true })
  })
}

interface Confirmation {
  /** Opens the dialog, or acts at once if there is nothing to confirm. */
  readonly ask: () => void
  readonly dialog: ReactNode
}

/**
 * Asks for confirmation before `act` if the control has a `confirm`. `onDeny` runs if the person
 * cancels.
 */
export function useConfirm(
  confirm: Confirm | undefined,
  act: () => void,
  onDeny?: () => void,
): Confirmation {
  const [isAsking, setAsking] = useState(false)
  if (!confirm) return { ask: act, dialog: null }
  const cancel = (): void => {
    setAsking(false)
    onDeny?.()
  }
  const confirmed = (): void => {
    setAsking(false)
    act()
  }
  const dialog = isAsking && (
    <Dialog className="confirm" label={confirm.title?.text ?? 'Are you sure?'} onClose={cancel}>
      <h2>
        <TextObject text={confirm.title} fallback="Are you sure?" />
      </h2>
      <div className="confirm-text">
        <TextObject text={confirm.text} />
      </div>
      <footer>
        <button type="button" className="press" onClick={cancel}>
          <TextObject text={confirm.deny} fallback="Cancel" />
        </button>
        <button type="button" className={`press ${confirm.style ?? 'primary'}`} onClick={confirmed}>
          <TextObject text={confirm.confirm} fallback="Yes" />
        </button>
      </footer>
    </Dialog>
  )
  return { ask: () => setAsking(true), dialog }
}
