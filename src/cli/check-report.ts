import { counted } from '../words/words.ts'
import { printable, styled, type Terminal } from './terminal.ts'

/** The result of testing one thing that the configuration needs. */
export interface Check {
  /** `Slack channel C0123456789`. */
  readonly what: string
  /** `warning`: it was not tested, or the bot works without it. */
  readonly state: 'ok' | 'failed' | 'warning'
  /** What was found, or the error. */
  readonly result: string
  /** What to do about it. */
  readonly fix?: string
}

/** The exit status: 1 if a check failed. */
export function checkStatus(checks: readonly Check[]): 0 | 1 {
  return checks.some((one) => one.state === 'failed') ? 1 : 0
}

/** A line for each check, its fix below it, and the number of failures at the end. */
export function checkText(checks: readonly Check[], terminal: Terminal): string[] {
  const marks = {
    ok: styled('ok     ', 'green', terminal),
    failed: styled('FAILED ', 'red', terminal),
    warning: styled('warning', 'yellow', terminal),
  }
  const failed = checks.filter((one) => one.state === 'failed').length
  return [
    ...checks.flatMap(({ what, state, result, fix }) => [
      `${marks[state]} ${what}: ${printable(result)}`,
      ...(fix ? [`        ${printable(fix)}`] : []),
    ]),
    '',
    failed === 0 ? 'No check failed.' : `${failed} of ${counted(checks.length, 'check')} failed.`,
  ]
}
