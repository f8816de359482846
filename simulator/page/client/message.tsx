import { useEffect, useRef } from 'react'
import type { Message as Posted } from '../../slack/model.ts'
import { Blocks } from './blocks.tsx'
import { useKeptFocus, usePage } from './hooks.ts'
import { dismiss } from './requests.ts'

interface Props {
  readonly message: Posted
  readonly place: 'channel' | 'thread'
  readonly replies: readonly Posted[]
  readonly highlighted?: boolean
  readonly onThread?: () => void
}

/** A message in the channel or in a thread. */
export function Message({ message, place, replies, highlighted, onThread }: Props) {
  const { state } = usePage()
  const ref = useRef<HTMLElement>(null)
  useEffect(() => {
    if (highlighted) ref.current?.scrollIntoView({ block: 'center' })
  }, [highlighted])
  useKeptFocus(ref)
  const classes = ['message', message.ephemeralTo && 'ephemeral', highlighted && 'highlighted']
    .filter(Boolean)
    .join(' ')
  return (
    <article className={classes} data-ts={message.ts} ref={ref} tabIndex={-1}>
      <Avatar />
      <div className="message-body">
        {message.ephemeralTo && <p className="eyebrow">👁 Only visible to you</p>}
        {message.broadcast && place === 'channel' && (
          <button type="button" className="eyebrow link" onClick={onThread}>
            replied to a thread
          </button>
        )}
        <p className="sender">
          <b>{state.app.name}</b> <span className="badge">APP</span> <Time ts={message.ts} />
        </p>
        {message.deleted ? (
          <p className="deleted">{message.text}</p>
        ) : (
          <Blocks blocks={blocksOf(message)} place={{ user: state.user, ts: message.ts }} />
        )}
        {message.edited && <span className="edited">(edited)</span>}
        {message.ephemeralTo && (
          <button
            type="button"
            className="link small"
            onClick={() => dismiss(state.user, message.ts)}
          >
            Dismiss message
          </button>
        )}
        {place === 'channel' && replies.length > 0 && onThread && (
          <Replies replies={replies} onThread={onThread} />
        )}
      </div>
    </article>
  )
}

function Replies({
  replies,
  onThread,
}: {
  readonly replies: readonly Posted[]
  readonly onThread: () => void
}) {
  const last = replies.at(-1)
  return (
    <button type="button" className="replies" onClick={onThread}>
      <Avatar />
      <b>{replies.length === 1 ? '1 reply' : `${replies.length} replies`}</b>
      {last && (
        <span className="quiet">
          Last reply at <Time ts={last.ts} />
        </span>
      )}
    </button>
  )
}

function Time({ ts }: { readonly ts: string }) {
  const date = new Date(Number(ts) * 1000)
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString()}>
      {date.toLocaleTimeString([], { hour: 'numeric', minute: '2-digit' })}
    </time>
  )
}

/** Slack shows the text only if there are no blocks. */
function blocksOf({ blocks, text }: Posted) {
  return blocks.length > 0
    ? blocks
    : [{ type: 'section', block_id: 'text', text: { type: 'mrkdwn' as const, text } }]
}

/** The app's icon. */
export function Avatar() {
  return (
    <span className="avatar" aria-hidden="true">
      <svg viewBox="0 0 36 36" role="presentation">
        <path
          d="M18 7 28 12.5v11L18 29 8 23.5v-11Z"
          fill="none"
          stroke="#fff"
          strokeWidth="2.2"
          strokeLinejoin="round"
        />
        <path d="M18 13.5v6M18 22.4v.2" stroke="#fff" strokeWidth="2.8" strokeLinecap="round" />
      </svg>
    </span>
  )
}
