import type { Block, Text } from './block.ts'
import type { Values } from './values.ts'

/** A modal as Slack keeps it while somebody has it open. */
export interface View extends ViewDraft {
  readonly id: string
  /** Changes with every update by the app. */
  readonly hash: string
  readonly user: string
  readonly state: { readonly values: Values }
  readonly root_view_id: string
  readonly previous_view_id: string | null
}
/** A modal as the app sends it. */
export interface ViewDraft {
  readonly type: 'modal'
  readonly title: Text
  readonly blocks: readonly Block[]
  readonly submit?: Text
  readonly close?: Text
  readonly callback_id?: string
  readonly private_metadata?: string
  readonly external_id?: string
  readonly notify_on_close?: boolean
  readonly clear_on_close?: boolean
}
