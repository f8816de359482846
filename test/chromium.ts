import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Path of Debian's package. `CHROMIUM` overrides it. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Why the browser tests are skipped, for their names. Empty if Chromium is installed. */
export const NO_CHROMIUM = existsSync(EXECUTABLE)
  ? ''
  : ` (skipped: no ${EXECUTABLE}; install Debian's chromium or set CHROMIUM)`

/** Headless Chromium. The caller closes it. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] })
}

/** A desktop and a phone. */
export const VIEWPORTS = [
  { width: 1200, height: 800 },
  { width: 375, height: 740 },
] as const
