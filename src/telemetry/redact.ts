/** Anything that looks like a credential, whoever put it into a message. */
const credentials =
  /\b(xox[a-z]|xapp|xoxe\.xox[a-z])-[\w-]+|\b(bearer|basic)\s+[\w.~+/=-]{8,}|(?<=:\/\/)[^/\s:@"]+:[^/\s@"]+(?=@)/gi

/** Takes secrets out of a line: those given, and whatever has the form of a credential. */
export function redact(line: string, secrets: readonly string[]): string {
  let clean = line
  for (const secret of secrets.filter(({ length }) => length > 3))
    clean = clean.replaceAll(JSON.stringify(secret).slice(1, -1), '[redacted]')
  return clean.replace(credentials, '[redacted]')
}
