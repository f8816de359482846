import { useState } from 'react'
import type { View } from '../../slack/view.ts'
import { close, type Entries, entriesOf, submit } from './acts.ts'
import { Avatar } from './avatar.tsx'
import { Blocks } from './blocks.tsx'
import { usePage } from './context.ts'
import { Dialog } from './dialog.tsx'
import { Input } from './input.tsx'
import { Words } from './still.tsx'

/** The modal in front, if one is open. */
export function Modals() {
  const { state } = usePage()
  const view = state.modals.at(-1)
  return view ? <Modal key={view.id} view={view} /> : null
}

function Modal({ view }: { readonly view: View }) {
  const { state } = usePage()
  const [typed, setTyped] = useState<Entries>({})
  const { sending, errors, failure, send } = useSubmit(view, {
    ...entriesOf(view.state.values),
    ...typed,
  })
  const leave = (): unknown => close(state.user, view.id)
  return (
    <Dialog className="modal" label={view.title.text} onClose={leave}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <header>
          <Avatar />
          <h2>{view.title.text}</h2>
          <button type="button" className="close" aria-label="Close" onClick={leave}>
            ✕
          </button>
        </header>
        <div className="modal-body">
          {failure && <p className="failure">⚠ {failure}</p>}
          {view.blocks.map((block, index) =>
            block.type === 'input' ? (
              <Input
                key={block.block_id}
                block={block}
                value={view.state.values[block.block_id ?? '']?.[block.element?.action_id ?? '']}
                error={errors[block.block_id ?? '']}
                onEnter={(entry) =>
                  setTyped((before) => ({ ...before, [block.block_id ?? '']: entry }))
                }
              />
            ) : (
              <Blocks
                key={block.block_id ?? index}
                blocks={[block]}
                place={{ user: state.user, viewId: view.id }}
              />
            ),
          )}
        </div>
        <footer>
          <button type="button" className="press" onClick={leave}>
            <Words text={view.close} otherwise={view.submit ? 'Cancel' : 'Close'} />
          </button>
          {view.submit && (
            <button type="submit" className="press primary" disabled={sending}>
              <Words text={view.submit} />
            </button>
          )}
        </footer>
      </form>
    </Dialog>
  )
}

/** Sends the modal, and keeps what came back that the person must see. */
function useSubmit(view: View, entries: Entries) {
  const [sending, setSending] = useState(false)
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({})
  const [failure, setFailure] = useState<string>()
  const send = async (): Promise<void> => {
    setSending(true)
    setFailure(undefined)
    try {
      const inputs = view.blocks.flatMap(({ type, block_id }) =>
        type === 'input' && block_id ? [block_id] : [],
      )
      const filled = Object.fromEntries(
        Object.entries(entries).filter(([blockId]) => inputs.includes(blockId)),
      )
      const submission = await submit(view.user, view.id, filled)
      setErrors('errors' in submission ? submission.errors : {})
      if (submission.outcome === 'failed') setFailure('We had some trouble connecting. Try again?')
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setSending(false)
    }
  }
  return { sending, errors, failure, send }
}
