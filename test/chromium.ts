import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Debian's package; `CHROMIUM` names another one. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium'

/**
 * Why the tests in a browser cannot run here, to be shown in the names of those that are skipped;
 * empty where they can.
 */
export const NO_CHROMIUM = existsSync(EXECUTABLE)
  ? ''
  : ` (skipped: no ${EXECUTABLE}; install Debian's chromium or set CHROMIUM)`

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] })
}

/** Desktop and phone. */
export const VIEWPORTS = [
  { width: 1200, height: 800 },
  { width: 375, height: 740 },
] as const
