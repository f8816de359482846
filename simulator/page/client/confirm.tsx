import { type ReactNode, useState } from 'react'
import type { Confirm } from '../../slack/block.ts'
import { Dialog } from './dialog.tsx'
import { Words } from './still.tsx'

interface Asking {
  /** Carries out at once where there is nothing to confirm. */
  readonly ask: () => void
  readonly dialog: ReactNode
}

/** Lets a control ask before it acts, where its `confirm` says so. */
export function useConfirm(
  confirm: Confirm | undefined,
  act: () => void,
  withdraw?: () => void,
): Asking {
  const [asking, setAsking] = useState(false)
  if (!confirm) return { ask: act, dialog: null }
  const deny = (): void => {
    setAsking(false)
    withdraw?.()
  }
  const agree = (): void => {
    setAsking(false)
    act()
  }
  const dialog = asking && (
    <Dialog className="confirm" label={confirm.title?.text ?? 'Are you sure?'} onClose={deny}>
      <h2>
        <Words text={confirm.title} otherwise="Are you sure?" />
      </h2>
      <div className="confirm-text">
        <Words text={confirm.text} />
      </div>
      <footer>
        <button type="button" className="press" onClick={deny}>
          <Words text={confirm.deny} otherwise="Cancel" />
        </button>
        <button type="button" className={`press ${confirm.style ?? 'primary'}`} onClick={agree}>
          <Words text={confirm.confirm} otherwise="Yes" />
        </button>
      </footer>
    </Dialog>
  )
  return { ask: () => setAsking(true), dialog }
}
