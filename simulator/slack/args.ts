export type Args = Readonly<Record<string, unknown>>
