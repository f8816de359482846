import { createContext, useContext } from 'react'
import type { PageState } from '../page-state.ts'

/** What every part of the page may need. */
export interface Page {
  readonly state: PageState
  readonly dark: boolean
  /** Shows a note for a few seconds. */
  readonly tell: (note: string) => void
}

const PageContext = createContext<Page | undefined>(undefined)

export const PageProvider = PageContext.Provider

export function usePage(): Page {
  const page = useContext(PageContext)
  if (!page) throw new Error('outside the page')
  return page
}
