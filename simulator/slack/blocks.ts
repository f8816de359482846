/**
 * A Block Kit text object. Types in this file cover the part of Block Kit that the simulator
 * stores, draws and lets people use.
 */
export interface Text {
  readonly type: 'plain_text' | 'mrkdwn'
  readonly text: string
}

/** An option of a menu, radio buttons, checkboxes or an overflow menu. */
export interface Option {
  readonly text: Text
  readonly value: string
  readonly description?: Text
}

/** A confirmation dialog. Slack fills in a title and button labels that are missing. */
export interface Confirm {
  readonly title?: Text
  readonly text: Text
  readonly confirm?: Text
  readonly deny?: Text
  readonly style?: 'primary' | 'danger'
}

/** A button, menu, choice or input. Its `type` decides which fields it has. */
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

/** A layout block. Its `type` decides which fields it has. */
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
  /** Only in an `alert` block. */
  readonly level?: 'default' | 'info' | 'warning' | 'error' | 'success'
  /** Only in a `table` block. */
  readonly rows?: readonly (readonly Element[])[]
}

/** An element of a message or modal that a person can click, choose from or fill in. */
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

/** The controls of these blocks, in reading order. */
export function controlsOf(blocks: readonly Block[]): readonly Control[] {
  return blocks.flatMap((block) =>
    [...(block.type === 'actions' ? (block.elements ?? []) : []), block.accessory, block.element]
      .filter((element) => element !== undefined)
      .filter(({ type }) => INTERACTIVE.has(type))
      .map((element) => ({
        block,
        blockId: block.block_id ?? '',
        actionId: element.action_id ?? '',
        element,
      })),
  )
}

/**
 * The blocks as Slack stores them: with a generated `block_id` and `action_id` where the app set
 * none.
 */
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

function withActionId(element: Element): Element {
  return INTERACTIVE.has(element.type) && element.action_id === undefined
    ? { ...element, action_id: shortId() }
    : element
}

function shortId(): string {
  return crypto.randomUUID().slice(0, 5)
}
