import { useCallback, useEffect, useRef, useState } from 'react'

/** Whether the reader's system asks for dark colours. */
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

const NOTE_FOR = 6000

/** One note at the bottom of the page, gone after a few seconds. */
export function useNote(): {
  readonly note: string | undefined
  readonly tell: (note: string) => void
} {
  const [note, setNote] = useState<string>()
  const timer = useRef<number>(undefined)
  const tell = useCallback((next: string): void => {
    clearTimeout(timer.current)
    setNote(next)
    timer.current = window.setTimeout(() => setNote(undefined), NOTE_FOR)
  }, [])
  return { note, tell }
}

/** Closes a menu on a press outside of it, or on Escape. */
export function useOutside<T extends HTMLElement>(open: boolean, close: () => void) {
  const ref = useRef<T>(null)
  useEffect(() => {
    if (!open) return
    const press = (event: PointerEvent): void => {
      if (event.target instanceof Node && !ref.current?.contains(event.target)) close()
    }
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close()
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
