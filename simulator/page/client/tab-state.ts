import { useEffect } from 'react'
import type { PageState } from '../page-state.ts'

const NAME = 'daemonset-triage'

/** Shows the headline of the newest incident in the tab: its emoji as the icon, and its title. */
export function useTabState(state: PageState | undefined): void {
  const headline = state && headlineOf(state)
  useEffect(() => {
    document.title = headline ? `${headline} · ${NAME}` : NAME
    const emoji = /^\p{Extended_Pictographic}\ufe0f?/u.exec(headline ?? '')?.[0] ?? '⬡'
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    if (icon) icon.href = `data:image/svg+xml,${encodeURIComponent(iconOf(emoji))}`
  }, [headline])
}

/** The header of the newest message that has one. */
function headlineOf({ channels }: PageState): string | undefined {
  return channels
    .flatMap(({ messages }) => messages)
    .flatMap(({ blocks }) => blocks.find(({ type }) => type === 'header')?.text?.text ?? [])
    .at(-1)
}

function iconOf(emoji: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><text y="26" font-size="28">${emoji}</text></svg>`
}
