/** Somebody in the workspace. */
export interface Person {
  readonly id: string
  /** The handle, without the @. */
  readonly name: string
  readonly realName: string
}

export interface Channel {
  readonly id: string
  /** Without the #. */
  readonly name: string
  readonly isPrivate: boolean
  readonly isArchived: boolean
  /** Whether the bot was invited. */
  readonly isMember: boolean
  /** People in it, by id. */
  readonly members: readonly string[]
}

export interface Usergroup {
  readonly id: string
  readonly handle: string
  readonly users: readonly string[]
}

/** The workspace and the app in it. Whatever is left out has the value of `DEFAULTS`. */
export interface SlackOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0, any free one. */
  readonly port?: number
  readonly people?: readonly Person[]
  readonly usergroups?: readonly Usergroup[]
  /** Members default to all people. */
  readonly channels?: readonly (Pick<Channel, 'id' | 'name'> & Partial<Channel>)[]
  /** Scopes of the bot token. */
  readonly scopes?: readonly string[]
  readonly botToken?: string
  readonly appToken?: string
  readonly signingSecret?: string
  /** The app's interactivity request URL; it can be set later. Where a Socket Mode connection is open, that one is used instead. */
  readonly requestUrl?: string
  /** Milliseconds in which the app must acknowledge an interaction. */
  readonly acknowledgeWithin?: number
}

export type Settings = Required<Omit<SlackOptions, 'requestUrl' | 'channels'>> & {
  readonly channels: readonly Channel[]
}

export const TEAM = { id: 'T0LOCAL0001', domain: 'local' } as const
export const APP = {
  id: 'A0TRIAGE001',
  botId: 'B0TRIAGE001',
  userId: 'U0TRIAGE001',
  name: 'daemonset-triage',
  legacyToken: 'legacy-verification-token',
} as const

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
  acknowledgeWithin: 3000,
} as const satisfies SlackOptions

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
