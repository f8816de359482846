/**
 * What Slack accepts. Lengths are in characters and the rest are counts, unless a unit is named.
 * https://docs.slack.dev/reference/block-kit documents each block, element and object.
 */
export const LIMITS = {
  /** https://docs.slack.dev/reference/block-kit/blocks */
  messageBlocks: 50,
  modalBlocks: 100,
  /** `msg_too_long` above it. https://docs.slack.dev/reference/methods/chat.update */
  messageText: 4000,
  /** Undocumented. `msg_blocks_too_long` was reported from 11,341 characters of text. */
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
  /** Radio buttons and checkboxes. */
  choiceOptions: 10,
  /** https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
  inputLength: 3000,
  inputLabel: 2000,
  /** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  /** One table per message. https://docs.slack.dev/reference/block-kit/blocks/table-block */
  tableRows: 100,
  tableColumns: 20,
  alertText: 200,
  /** Elements of a rich_text part. Slack documents no limit; the fake Slack uses this one. */
  richElements: 1000,
  /** https://docs.slack.dev/surfaces/modals */
  modalTitle: 24,
  privateMetadata: 3000,
  /** Bytes of JSON: `view_too_large` above it. */
  modalBytes: 250_000,
  /** Bytes of JSON. Slack documents no limit; the fake Slack uses this one. */
  metadataBytes: 1000,
} as const
