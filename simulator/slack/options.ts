import type { Channel, Person, Usergroup } from './model.ts'

/** The workspace and its app. Options left out have the values of `DEFAULTS`. */
export interface SlackOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  readonly people?: readonly Person[]
  readonly usergroups?: readonly Usergroup[]
  /** Default members: all people. */
  readonly channels?: readonly (Pick<Channel, 'id' | 'name'> & Partial<Channel>)[]
  /** Scopes of the bot token. */
  readonly scopes?: readonly string[]
  readonly botToken?: string
  readonly appToken?: string
  readonly signingSecret?: string
  /**
   * The app's interactivity request URL. Can be set later. Not used while a Socket Mode connection
   * is open.
   */
  readonly requestUrl?: string
  /** How long the app may take to acknowledge an interaction. Slack allows 3 s. */
  readonly acknowledgeTimeoutMs?: number
}

/** The options with all defaults filled in. */
export type Settings = Required<Omit<SlackOptions, 'requestUrl' | 'channels'>> & {
  readonly channels: readonly Channel[]
}

/**
 * Two people, of whom Maya is on call, and one channel. The bot token has every scope that the bot
 * can use.
 */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  people: [
    { id: 'U0MAYA00001', name: 'maya', realName: 'Maya Lindqvist' },
    { id: 'U0SAM000001', name: 'sam', realName: 'Sam Okafor' },
  ],
  usergroups: [{ id: 'S0ONCALL001', handle: 'oncall', users: ['U0MAYA00001'] }],
  channels: [{ id: 'C0ALERTS001', name: 'k8s-alerts' }],
  scopes: ['chat:write', 'channels:read', 'channels:history', 'users:read', 'usergroups:read'],
  botToken: 'xoxb-local-bot',
  appToken: 'xapp-1-local-app',
  signingSecret: '5d1f6c0e8b7a49320f1e2d3c4b5a6978',
  acknowledgeTimeoutMs: 3000,
} as const satisfies SlackOptions

/** Fills in the defaults. */
export function settings(options: SlackOptions): Settings {
  const people = options.people ?? DEFAULTS.people
  return {
    ...DEFAULTS,
    ...options,
    people,
    channels: (options.channels ?? DEFAULTS.channels).map((channel) => ({
      isPrivate: false,
      isArchived: false,
      isMember: true,
      members: people.map(({ id }) => id),
      ...channel,
    })),
  }
}
