/** The parts of Block Kit that the stand-in stores, draws and lets people press. */
export interface Text {
  readonly type: 'plain_text' | 'mrkdwn'
  readonly text: string
}

export interface Option {
  readonly text: Text
  readonly value: string
  readonly description?: Text
}

export interface Confirm {
  readonly title?: Text
  readonly text: Text
  readonly confirm?: Text
  readonly deny?: Text
  readonly style?: 'primary' | 'danger'
}

/** A button, a menu, a choice or an input; which fields it has follows from its `type`. */
export interface Element {
  readonly type: string
  readonly action_id?: string
  readonly text?: Text
  readonly value?: string
  readonly url?: string
  readonly style?: 'primary' | 'danger'
  readonly accessibility_label?: string
  readonly confirm?: Confirm
  readonly options?: readonly Option[]
  readonly initial_option?: Option
  readonly initial_options?: readonly Option[]
  readonly initial_value?: string
  readonly placeholder?: Text
  readonly multiline?: boolean
  readonly min_length?: number
  readonly max_length?: number
  readonly image_url?: string
  readonly alt_text?: string
}

export interface Block {
  readonly type: string
  readonly block_id?: string
  readonly text?: Text
  readonly fields?: readonly Text[]
  readonly elements?: readonly Element[]
  readonly accessory?: Element
  readonly element?: Element
  readonly label?: Text
  readonly hint?: Text
  readonly optional?: boolean
  readonly dispatch_action?: boolean
  /** Of an alert. */
  readonly level?: 'default' | 'info' | 'warning' | 'error' | 'success'
  /** Of a table. */
  readonly rows?: readonly (readonly Element[])[]
}

/** One thing in a message or modal that a person can press, pick or fill in. */
export interface Control {
  readonly block: Block
  readonly blockId: string
  readonly actionId: string
  readonly element: Element
}

const INTERACTIVE = new Set([
  'button',
  'overflow',
  'static_select',
  'radio_buttons',
  'checkboxes',
  'plain_text_input',
])

/** Every control of these blocks, in reading order. */
export function controls(blocks: readonly Block[]): readonly Control[] {
  return blocks.flatMap((block) =>
    [...(block.type === 'actions' ? (block.elements ?? []) : []), block.accessory, block.element]
      .filter((element) => element !== undefined && INTERACTIVE.has(element.type))
      .map((element) => ({
        block,
        blockId: block.block_id ?? '',
        actionId: element?.action_id ?? '',
        element: element ?? NOTHING,
      })),
  )
}

/** The blocks as Slack stores them: with a `block_id` and `action_id` of its own where the app gave none. */
export function withIds(blocks: readonly Block[]): readonly Block[] {
  return blocks.map((block) => ({
    ...block,
    block_id: block.block_id ?? shortId(),
    ...(block.type === 'actions' && block.elements
      ? { elements: block.elements.map(withActionId) }
      : {}),
    ...(block.accessory ? { accessory: withActionId(block.accessory) } : {}),
    ...(block.element ? { element: withActionId(block.element) } : {}),
  }))
}

const NOTHING: Element = { type: 'none' }

function withActionId(element: Element): Element {
  return INTERACTIVE.has(element.type) && element.action_id === undefined
    ? { ...element, action_id: shortId() }
    : element
}

function shortId(): string {
  return crypto.randomUUID().slice(0, 5)
}
