export type ActionName = 'silence' | 'recount' | 'patch' | 'delete'
export interface Route {
  readonly match: Readonly<Record<string, string>>
  readonly channel: string
  readonly mention?: string
}
/** Settings of the bot; `readConfig` makes it from the environment and names every error at once. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly clusterName: string
  readonly kubeconfig?: string
  readonly kubeContext?: string
  readonly alertmanager: {
    /** API bases; an alert fires if one says so and is absent only if all do. Empty: no polls. */
    readonly urls: readonly string[]
    readonly publicUrl?: string
    readonly token?: string
    readonly username?: string
    readonly password?: string
  }
  readonly prometheusUrl?: string
  readonly webhookToken: string
  readonly slack: {
    readonly botToken: string
    readonly signingSecret?: string
    readonly appToken?: string
    readonly channel: string
    readonly routes: readonly Route[]
    /** With a trailing slash. */
    readonly apiUrl: string
  }
  readonly actions: readonly ActionName[]
  readonly allowedUsers: readonly string[]
  readonly allowedUsergroups: readonly string[]
  /** `sqlite:FILE`. */
  readonly databaseUrl: string
  /** Seconds. */
  readonly reconcileInterval: number
  readonly logLevel: string
}
