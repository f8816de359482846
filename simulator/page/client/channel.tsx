import { useEffect, useRef } from 'react'
import type { Person } from '../../slack/options.ts'
import type { ShownChannel } from '../page-state.ts'
import { Message } from './message.tsx'

interface Props {
  readonly channel: ShownChannel
  readonly channels: readonly ShownChannel[]
  readonly people: readonly Person[]
  readonly user: string
  /** `ts` of the message that the page was opened for. */
  readonly highlighted: string | undefined
  readonly hasPanel: boolean
  readonly onUser: (user: string) => void
  readonly onChannel: (channel: string) => void
  readonly onThread: (ts: string) => void
  readonly onPanel: () => void
}

export function Channel({
  channel,
  channels,
  people,
  user,
  highlighted,
  hasPanel,
  onUser,
  onChannel,
  onThread,
  onPanel,
}: Props) {
  const list = useFollowedList(channel.messages.length)
  return (
    <main className="channel">
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
          <select
            value={user}
            onChange={(event) => onUser(event.target.value)}
            aria-label="You are"
          >
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
      <div className="messages" ref={list}>
        {channel.messages.length === 0 && (
          <p className="empty">No message yet in #{channel.name}.</p>
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

/** Stays at the end of the list when a message comes, unless the reader has scrolled up. */
export function useFollowedList(length: number) {
  const ref = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  useEffect(() => {
    const list = ref.current
    if (!list) return
    const watch = (): void => {
      atEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < 80
    }
    list.addEventListener('scroll', watch)
    return () => list.removeEventListener('scroll', watch)
  }, [])
  useEffect(() => {
    if (length > 0 && atEnd.current)
      ref.current?.lastElementChild?.scrollIntoView({ block: 'start' })
  }, [length])
  return ref
}
