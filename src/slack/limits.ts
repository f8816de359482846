/**
 * What Slack accepts. Lengths are characters, the rest counts, unless a unit is named.
 * The pages of each block, element and object: https://docs.slack.dev/reference/block-kit
 */
export const LIMITS = {
  /** https://docs.slack.dev/reference/block-kit/blocks */
  messageBlocks: 50,
  viewBlocks: 100,
  /** https://docs.slack.dev/reference/methods/chat.update: `msg_too_long` above it. */
  messageText: 4000,
  /** Undocumented: `msg_blocks_too_long` was seen from 11,341 characters of text on. Messages stay well below. */
  messageTotal: 8000,
  /** https://docs.slack.dev/reference/block-kit/blocks/header-block */
  header: 150,
  /** https://docs.slack.dev/reference/block-kit/blocks/section-block */
  section: 3000,
  sectionFields: 10,
  sectionField: 2000,
  /** https://docs.slack.dev/reference/block-kit/blocks/context-block */
  contextElements: 10,
  /** https://docs.slack.dev/reference/block-kit/blocks/actions-block */
  actionsElements: 25,
  /** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
  buttonText: 75,
  buttonValue: 2000,
  url: 3000,
  accessibilityLabel: 75,
  /** action_id, block_id, callback_id, external_id. */
  id: 255,
  /** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
  optionText: 75,
  optionValue: 150,
  selectOptions: 100,
  placeholder: 150,
  /** https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element */
  overflowOptions: 5,
  /** Radio buttons and check boxes. */
  choiceOptions: 10,
  /** https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
  inputLength: 3000,
  inputLabel: 2000,
  /** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  /** https://docs.slack.dev/reference/block-kit/blocks/table-block: one per message. */
  tableRows: 100,
  tableColumns: 20,
  alertText: 200,
  /** Of a rich_text part. Slack names no number; this one is ours. */
  richElements: 1000,
  /** https://docs.slack.dev/surfaces/modals */
  viewTitle: 24,
  privateMetadata: 3000,
  /** Bytes of JSON: `view_too_large`. */
  viewBytes: 250_000,
  /** Bytes of JSON. Slack names no number; this one is ours. */
  metadataBytes: 1000,
} as const
