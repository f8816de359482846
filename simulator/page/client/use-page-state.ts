import { useEffect, useState } from 'react'
import type { PageState } from '../page-state.ts'

/** The state that the server pushes, and whether it still does. */
export function usePageState(user: string | undefined): {
  readonly state: PageState | undefined
  readonly connected: boolean
} {
  const [state, setState] = useState<PageState>()
  const [connected, setConnected] = useState(true)
  useEffect(() => {
    const source = new EventSource(`/page/events${user ? `?user=${encodeURIComponent(user)}` : ''}`)
    source.addEventListener('state', ({ data }) => {
      setState(JSON.parse(data))
      setConnected(true)
    })
    source.addEventListener('error', () => setConnected(false))
    return () => source.close()
  }, [user])
  return { state, connected }
}
