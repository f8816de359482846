import { useCallback, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { PageState, ShownMessage } from '../page-state.ts'
import { Channel, Thread } from './channel.tsx'
import { Guide } from './guide.tsx'
import {
  PageProvider,
  useDark,
  useEscape,
  useNote,
  usePage,
  usePageState,
  useRunner,
} from './hooks.ts'
import { Modals } from './modals.tsx'
import { Panel } from './panel.tsx'
import { useTabState } from './tab-state.ts'

function App() {
  const [user, setUser] = useState(
    () => new URLSearchParams(location.search).get('user') ?? undefined,
  )
  const { state, connected } = usePageState(user)
  const dark = useDark()
  useTabState(state)
  const { note, showNote } = useNote()
  const { count: errorCount = 0, text: errorText } = state?.clientError ?? {}
  useEffect(() => {
    if (errorCount > 0 && errorText) showNote(`⚠ ${errorText}`)
  }, [errorCount, errorText, showNote])
  if (!state)
    return (
      <p className="loading">
        {connected ? 'Connecting…' : 'The demo is not running. To start it: npm run demo'}
      </p>
    )
  return (
    <PageProvider value={{ state, dark, showNote }}>
      <Layout state={state} user={state.user} onUser={setUser} />
      <Modals />
      {!connected && <p className="banner">The demo has stopped. To restart it: npm run demo</p>}
      <div className="notes" role="status" aria-live="polite">
        {note && <p className="note">{note}</p>}
      </div>
    </PageProvider>
  )
}

interface LayoutProps {
  readonly state: PageState
  readonly user: string
  readonly onUser: (user: string) => void
}

function Layout({ state, user, onUser }: LayoutProps) {
  const linked = linkedMessage()
  const [channelId, setChannelId] = useState(linked?.channel ?? state.channels[0]?.id ?? '')
  const [threadTs, setThreadTs] = useState(linked?.thread)
  const [panelOpen, setPanelOpen] = useState(false)
  const { showNote } = usePage()
  const runner = useRunner(showNote, () => setPanelOpen(false))
  const closePane = useCallback(() => {
    setPanelOpen(false)
    setThreadTs(undefined)
  }, [])
  useEscape(closePane)
  const channel = state.channels.find(({ id }) => id === channelId) ?? state.channels[0]
  const parent: ShownMessage | undefined = channel?.messages.find(({ ts }) => ts === threadTs)
  if (!channel) return <p className="loading">This workspace has no channels.</p>
  const classes = [
    'page',
    state.panel && 'with-panel',
    parent && 'with-thread',
    panelOpen && 'panel-open',
  ]
    .filter(Boolean)
    .join(' ')
  return (
    <div className={classes}>
      {state.panel && (
        <Panel panel={state.panel} runner={runner} onClose={() => setPanelOpen(false)} />
      )}
      <Channel
        channel={channel}
        channels={state.channels}
        people={state.people}
        user={user}
        highlighted={linked?.ts}
        hasPanel={state.panel !== undefined}
        onUser={onUser}
        onChannel={setChannelId}
        onThread={setThreadTs}
        onPanel={() => setPanelOpen(true)}
      >
        {state.panel?.guide && (
          <Guide
            key={state.panel.scenario}
            panel={state.panel}
            guide={state.panel.guide}
            runner={runner}
          />
        )}
      </Channel>
      {parent && (
        <Thread parent={parent} channelName={channel.name} onClose={() => setThreadTs(undefined)} />
      )}
    </div>
  )
}

/**
 * The message in the page's URL, which is a permalink: `/archives/<channel>/p<ts without its dot>`,
 * with `thread_ts` for a reply.
 */
function linkedMessage():
  | { readonly channel: string; readonly ts: string; readonly thread: string | undefined }
  | undefined {
  const [, channel, digits] = /^\/archives\/(\w+)\/p(\d{16})$/.exec(location.pathname) ?? []
  if (!channel || !digits) return undefined
  const thread = new URLSearchParams(location.search).get('thread_ts') ?? undefined
  return { channel, ts: `${digits.slice(0, 10)}.${digits.slice(10)}`, thread }
}

const root = document.getElementById('root')
if (root) createRoot(root).render(<App />)
