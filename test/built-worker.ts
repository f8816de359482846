import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unstable_readConfig, unstable_startWorker } from 'wrangler'

const root = join(import.meta.dirname, '..')
const quiet = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'error', CI: '1' }
// Without it, wrangler asks Cloudflare for the `cf` object of a request.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'

/** Builds the bundle that wrangler would deploy. Needs no network. */
export async function buildWorker(): Promise<{
  readonly path: string
  readonly remove: () => void
}> {
  const folder = mkdtempSync(join(tmpdir(), 'worker-bundle-'))
  const wrangler = join(root, 'node_modules/.bin/wrangler')
  await promisify(execFile)(wrangler, ['deploy', '--dry-run', '--outdir', folder], {
    cwd: root,
    env: quiet,
  })
  return {
    path: join(folder, 'worker.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A Worker in workerd. */
export interface RunningWorker {
  readonly url: string
  /** The lines logged. */
  readonly log: readonly string[]
  /** Runs the cron trigger. */
  readonly scheduled: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Runs a bundle in workerd, with an empty D1 database and these variables. */
export async function runWorker(
  path: string,
  vars: Readonly<Record<string, string>>,
  port = 0,
): Promise<RunningWorker> {
  const folder = mkdtempSync(join(tmpdir(), 'worker-run-'))
  const { compatibility_date, compatibility_flags, d1_databases } = unstable_readConfig({
    config: join(root, 'wrangler.toml'),
  })
  const config = join(folder, 'wrangler.json')
  writeFileSync(
    config,
    JSON.stringify({
      name: 'built',
      main: path,
      no_bundle: true,
      compatibility_date,
      compatibility_flags,
      d1_databases,
      vars,
    }),
  )
  const log: string[] = []
  const worker = await unstable_startWorker({
    config,
    dev: {
      watch: false,
      persist: join(folder, 'state'),
      inspector: false,
      logLevel: 'error',
      server: { hostname: '127.0.0.1', port },
      structuredLogsHandler: ({ message }: { readonly message: string }) => void log.push(message),
    },
  })
  await worker.ready
  const { origin } = await worker.url
  return {
    url: origin,
    log,
    scheduled: async () => {
      const answer = await fetch(
        `${origin}/cdn-cgi/local/scheduled?cron=${encodeURIComponent('* * * * *')}`,
      )
      if (!answer.ok)
        throw new Error(`the cron trigger failed: ${answer.status} ${await answer.text()}`)
    },
    stop: async () => {
      await worker.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
