import {
  createContext,
  type RefObject,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react'
import type { PageState } from '../page-state.ts'
import { pressControl, startScenario } from './requests.ts'

/** What components share. */
export interface Page {
  readonly state: PageState
  readonly dark: boolean
  /** Shows a note at the bottom of the page for a few seconds. */
  readonly showNote: (note: string) => void
}

const PageContext = createContext<Page | undefined>(undefined)

/** Makes the page available to `usePage`. */
export const PageProvider = PageContext.Provider

/** The page of the nearest `PageProvider`. Throws outside one. */
export function usePage(): Page {
  const page = useContext(PageContext)
  if (!page) throw new Error('usePage needs a PageProvider')
  return page
}

/** Whether the system prefers a dark color scheme. */
export function useDark(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches)
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)')
    const follow = (): void => setDark(query.matches)
    query.addEventListener('change', follow)
    return () => query.removeEventListener('change', follow)
  }, [])
  return dark
}

const NOTE_MS = 6000

/** The current note, which disappears after a few seconds. */
export function useNote(): {
  readonly note: string | undefined
  readonly showNote: (note: string) => void
} {
  const [note, setNote] = useState<string>()
  const timer = useRef<number>(undefined)
  const showNote = useCallback((next: string): void => {
    clearTimeout(timer.current)
    setNote(next)
    timer.current = window.setTimeout(() => setNote(undefined), NOTE_MS)
  }, [])
  return { note, showNote }
}

/** Runs controls of the panel, one at a time. */
export interface Runner {
  readonly busy: boolean
  readonly press: (control: string) => void
  readonly start: (scenario: string) => void
}

/**
 * A runner that shows what happened as a note. `onStart` runs when a scenario has been chosen. While
 * it is busy it does nothing, and its buttons keep the focus.
 */
export function useRunner(showNote: (note: string) => void, onStart: () => void): Runner {
  const [busy, setBusy] = useState(false)
  const run = async (act: () => Promise<{ note?: string }>): Promise<void> => {
    setBusy(true)
    try {
      const { note } = await act()
      if (note) showNote(note)
    } catch (error) {
      showNote(`⚠ ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      setBusy(false)
    }
  }
  return {
    busy,
    press: (control) => {
      if (!busy) void run(() => pressControl(control))
    },
    start: (scenario) => {
      if (busy) return
      onStart()
      void run(() => startScenario(scenario))
    },
  }
}

/** Keeps the focus in an element whose focused control is replaced: an edit replaces the buttons. */
export function useKeptFocus(ref: RefObject<HTMLElement | null>): void {
  const hadFocus = useRef(false)
  useEffect(() => {
    const element = ref.current
    const enter = (): void => {
      hadFocus.current = true
    }
    const leave = ({ relatedTarget }: FocusEvent): void => {
      // A control that is removed has no next target, and is no longer in the element.
      if (relatedTarget instanceof Node)
        hadFocus.current = element?.contains(relatedTarget) ?? false
    }
    element?.addEventListener('focusin', enter)
    element?.addEventListener('focusout', leave)
    return () => {
      element?.removeEventListener('focusin', enter)
      element?.removeEventListener('focusout', leave)
    }
  }, [ref])
  useEffect(() => {
    const isLost = document.activeElement === document.body
    if (hadFocus.current && isLost) ref.current?.focus({ preventScroll: true })
  })
}

/** Calls `close` on Escape, unless a dialog or a menu takes the key. */
export function useEscape(close: () => void): void {
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const isTaken = document.querySelector('dialog[open], [role="menu"]') !== null
      if (event.key === 'Escape' && !isTaken) close()
    }
    document.addEventListener('keydown', key)
    return () => document.removeEventListener('keydown', key)
  }, [close])
}

/** Closes a menu on a click outside it or on Escape. Returns the ref for the menu. */
export function useOutside<T extends HTMLElement>(open: boolean, close: () => void) {
  const ref = useRef<T>(null)
  useEffect(() => {
    if (!open) return
    const press = (event: PointerEvent): void => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) close()
    }
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return
      close()
      ref.current?.querySelector('button')?.focus()
    }
    document.addEventListener('pointerdown', press)
    document.addEventListener('keydown', key)
    return () => {
      document.removeEventListener('pointerdown', press)
      document.removeEventListener('keydown', key)
    }
  }, [open, close])
  return ref
}

/** The state that the server pushes, and whether the connection is open. */
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
