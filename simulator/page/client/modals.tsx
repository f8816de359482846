import { useState } from 'react'
import type { View } from '../../slack/model.ts'
import { Blocks } from './blocks.tsx'
import { Dialog } from './dialog.tsx'
import { usePage } from './hooks.ts'
import { Input } from './input.tsx'
import { Avatar } from './message.tsx'
import { close, type Entries, entriesOf, submit } from './requests.ts'
import { TextObject } from './static-block.tsx'

/** The modal in front, if one is open. */
export function Modals() {
  const { state } = usePage()
  const view = state.modals.at(-1)
  return view ? <Modal key={view.id} view={view} /> : null
}

function Modal({ view }: { readonly view: View }) {
  const { state } = usePage()
  const [entered, setEntered] = useState<Entries>({})
  const { sending, errors, failure, send } = useSubmit(view, {
    ...entriesOf(view.state.values),
    ...entered,
  })
  const closeModal = (): unknown => close(state.user, view.id)
  return (
    <Dialog className="modal" label={view.title.text} onClose={closeModal}>
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
          <button type="button" className="close" aria-label="Close" onClick={closeModal}>
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
                  setEntered((before) => ({ ...before, [block.block_id ?? '']: entry }))
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
          <button type="button" className="press" onClick={closeModal}>
            <TextObject text={view.close} fallback={view.submit ? 'Cancel' : 'Close'} />
          </button>
          {view.submit && (
            <button type="submit" className="press primary" disabled={sending}>
              <TextObject text={view.submit} />
            </button>
          )}
        </footer>
      </form>
    </Dialog>
  )
}

/** Submits the modal, and keeps the errors to show. */
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
      const values = Object.fromEntries(
        Object.entries(entries).filter(([blockId]) => inputs.includes(blockId)),
      )
      const result = await submit(view.user, view.id, values)
      setErrors('errors' in result ? result.errors : {})
      if (result.outcome === 'failed') setFailure('We had some trouble connecting. Try again?')
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setSending(false)
    }
  }
  return { sending, errors, failure, send }
}
