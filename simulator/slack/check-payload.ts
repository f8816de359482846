import { LIMITS } from '../../src/slack/limits.ts'
import { messageBlock, modalBlock, plainTextRule } from './block-kit.ts'
import {
  boolean,
  isRecord,
  list,
  object,
  oneOf,
  type Problem,
  type Report,
  type Rule,
  string,
} from './check.ts'
import { SlackError } from './slack-error.ts'

export type Surface = 'message' | 'modal'

/** Throws what Slack would answer if this message or view broke a limit. `at` is where it stands in the call, such as `/view`. */
export function checkPayload(surface: Surface, payload: unknown, at = ''): void {
  const found = problems(surface, payload)
  const [first] = found
  if (!first) return
  const messages = found.map(
    ({ message, pointer }) => `[ERROR] ${message} [json-pointer:${at}${pointer}]`,
  )
  throw new SlackError(first.error, {
    errors: messages.map((text) => text.slice('[ERROR] '.length)),
    response_metadata: { messages },
  })
}

/** Everything for which Slack would refuse this message (`chat.postMessage`, `chat.update`) or modal view; empty where it is right. */
export function problems(surface: Surface, payload: unknown): Problem[] {
  const found: Problem[] = []
  const fallback = surface === 'message' ? 'invalid_blocks' : 'invalid_arguments'
  const report: Report = (pointer, message, error = fallback) => {
    found.push({ pointer, message, error })
  }
  if (!isRecord(payload)) report('', 'must provide an object')
  else if (surface === 'message') checkMessage(payload, report)
  else checkModal(payload, report)
  return found
}

function checkMessage(payload: Readonly<Record<string, unknown>>, report: Report): void {
  if (typeof payload.text !== 'string' || payload.text === '')
    report('/text', 'screen readers and notifications need a text', 'no_text')
  else if (payload.text.length > LIMITS.messageText)
    report('/text', `must be less than ${LIMITS.messageText + 1} characters`, 'msg_too_long')
  if (payload.metadata !== undefined) checkMetadata(payload.metadata, report)
  if (payload.blocks === undefined) return
  list(messageBlock, LIMITS.messageBlocks)(payload.blocks, '/blocks', report)
  checkIds(payload.blocks, report)
  const tables = blocksOf(payload.blocks).filter((block) => block.type === 'table')
  if (tables.length > 1) report('/blocks', 'only_one_table_allowed', 'invalid_attachments')
  const total = textLength(payload.blocks)
  if (total > LIMITS.messageTotal)
    report(
      '/blocks',
      `${total} characters of text, ${LIMITS.messageTotal} allowed`,
      'msg_blocks_too_long',
    )
}

function checkMetadata(metadata: unknown, report: Report): void {
  const payload: Rule = (value, pointer, tell) => {
    if (!isRecord(value)) tell(pointer, 'must provide an object')
  }
  const rule = object({ event_type: string(LIMITS.id), event_payload: payload })
  rule(metadata, '/metadata', (pointer, message) =>
    report(pointer, message, 'invalid_metadata_format'),
  )
  if (bytes(metadata) > LIMITS.metadataBytes)
    report('/metadata', `must be less than ${LIMITS.metadataBytes + 1} bytes`, 'metadata_too_large')
}

function checkModal(view: Readonly<Record<string, unknown>>, report: Report): void {
  const title = plainTextRule(LIMITS.viewTitle)
  object(
    { type: oneOf('modal'), title, blocks: list(modalBlock, LIMITS.viewBlocks) },
    {
      submit: title,
      close: title,
      callback_id: string(LIMITS.id),
      external_id: string(LIMITS.id),
      private_metadata: string(LIMITS.privateMetadata, 0),
      notify_on_close: boolean,
      clear_on_close: boolean,
    },
  )(view, '', report)
  checkIds(view.blocks, report)
  if (view.submit === undefined && blocksOf(view.blocks).some((block) => block.type === 'input'))
    report('', 'missing required field: submit')
  if (bytes(view) > LIMITS.viewBytes)
    report('', `must be less than ${LIMITS.viewBytes + 1} bytes`, 'view_too_large')
}

/** block_ids are unique in the payload, action_ids in their block. */
function checkIds(blocks: unknown, report: Report): void {
  const seen = new Set<unknown>()
  blocksOf(blocks).forEach((block, index) => {
    if (block.block_id !== undefined && seen.has(block.block_id))
      report(`/blocks/${index}/block_id`, 'block_id already exists')
    seen.add(block.block_id)
    if (!Array.isArray(block.elements)) return
    const actions = new Set<unknown>()
    block.elements.forEach((element: unknown, position) => {
      const id = isRecord(element) ? element.action_id : undefined
      if (id !== undefined && actions.has(id))
        report(`/blocks/${index}/elements/${position}/action_id`, 'action_id already exists')
      actions.add(id)
    })
  })
}

function blocksOf(blocks: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(blocks) ? blocks.filter(isRecord) : []
}

/** Characters of every `text` anywhere in it. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + textLength(entry), 0)
  if (!isRecord(value)) return 0
  return Object.entries(value).reduce(
    (sum, [name, entry]) =>
      sum + (name === 'text' && typeof entry === 'string' ? entry.length : textLength(entry)),
    0,
  )
}

function bytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}
