import type { Text } from '../../slack/block.ts'
import { Still } from './blocks.tsx'

/** A text object in a control: plain text as it is with its emoji, mrkdwn as Slack formats it. */
export function Words({ text, otherwise = '' }: { readonly text: Text | undefined; readonly otherwise?: string }) {
  if (!text) return otherwise
  if (text.type === 'plain_text' && !/:[a-z0-9_+-]+:/.test(text.text)) return text.text
  return (
    <span className="words">
      <Still block={{ type: 'context', elements: [{ ...text, text: text.text } as never] }} />
    </span>
  )
}
