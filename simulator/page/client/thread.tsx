import type { ShownMessage } from '../page-state.ts'
import { useFollowedList } from './channel.tsx'
import { Message } from './message.tsx'

interface Props {
  readonly parent: ShownMessage
  readonly channelName: string
  readonly onClose: () => void
}

/** The pane beside the channel; on a phone it covers it. */
export function Thread({ parent, channelName, onClose }: Props) {
  const count = parent.replies.length
  const list = useFollowedList(count)
  return (
    <aside className="thread" aria-label="Thread">
      <header className="bar">
        <h2>
          Thread <span className="quiet"># {channelName}</span>
        </h2>
        <button type="button" className="close" aria-label="Close thread" onClick={onClose}>
          ✕
        </button>
      </header>
      <div className="messages" ref={list}>
        <Message message={parent} place="thread" replies={[]} />
        <p className="divider">
          <span>{count === 1 ? '1 reply' : `${count} replies`}</span>
        </p>
        {parent.replies.map((reply) => (
          <Message key={reply.ts} message={reply} place="thread" replies={[]} />
        ))}
      </div>
    </aside>
  )
}
