import { type ReactNode, useEffect, useRef } from 'react'
import type { Person } from '../../slack/model.ts'
import type { ShownChannel, ShownMessage } from '../page-state.ts'
import { Message } from './message.tsx'

interface Props {
  readonly channel: ShownChannel
  readonly channels: readonly ShownChannel[]
  readonly people: readonly Person[]
  readonly user: string
  /** `ts` of the message in the page's URL. */
  readonly highlighted: string | undefined
  readonly hasPanel: boolean
  readonly onUser: (user: string) => void
  readonly onChannel: (channel: string) => void
  readonly onThread: (ts: string) => void
  readonly onPanel: () => void
  /** Shown above the messages. */
  readonly children: ReactNode
}

/** The channel with its messages. */
export function Channel({ highlighted, onThread, children, ...bar }: Props) {
  const { channel } = bar
  const list = useFollowedList(channel.messages.length)
  return (
    <main className="channel">
      <ChannelBar {...bar} />
      {children}
      <div className="messages" ref={list}>
        {channel.messages.length === 0 && (
          <p className="empty">No messages in #{channel.name} yet.</p>
        )}
        {channel.messages.map((message) => (
          <Message
            key={message.ts}
            message={message}
            place="channel"
            highlighted={message.ts === highlighted}
            replies={message.replies}
            onThread={() => onThread(message.thread_ts ?? message.ts)}
          />
        ))}
      </div>
    </main>
  )
}

/** Channel name, and who the person is. On a phone also the button that opens the panel. */
function ChannelBar({
  channel,
  channels,
  people,
  user,
  hasPanel,
  onUser,
  onChannel,
  onPanel,
}: Omit<Props, 'highlighted' | 'onThread' | 'children'>) {
  return (
    <header className="bar">
      {channels.length > 1 ? (
        <select
          className="channel-pick"
          aria-label="Channel"
          value={channel.id}
          onChange={(event) => onChannel(event.target.value)}
        >
          {channels.map(({ id, name }) => (
            <option key={id} value={id}>
              # {name}
            </option>
          ))}
        </select>
      ) : (
        <h1># {channel.name}</h1>
      )}
      <label className="who">
        <span>You are</span>
        <select value={user} onChange={(event) => onUser(event.target.value)} aria-label="You are">
          {people.map(({ id, realName }) => (
            <option key={id} value={id}>
              {realName}
            </option>
          ))}
        </select>
      </label>
      {hasPanel && (
        <button type="button" className="open-panel" onClick={onPanel}>
          Cluster
        </button>
      )}
    </header>
  )
}

/** Scrolls to a new message, unless the person has scrolled up. Returns the ref for the list. */
function useFollowedList(length: number) {
  const ref = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  useEffect(() => {
    const list = ref.current
    if (!list) return
    const onScroll = (): void => {
      atEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < 80
    }
    list.addEventListener('scroll', onScroll)
    return () => list.removeEventListener('scroll', onScroll)
  }, [])
  useEffect(() => {
    if (length > 0 && atEnd.current)
      ref.current?.lastElementChild?.scrollIntoView({ block: 'start' })
  }, [length])
  return ref
}

interface ThreadProps {
  readonly parent: ShownMessage
  readonly channelName: string
  readonly onClose: () => void
}

/** The thread, beside the channel. On a phone it covers the channel. */
export function Thread({ parent, channelName, onClose }: ThreadProps) {
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
