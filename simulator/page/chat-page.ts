import { join } from 'node:path'
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import * as z from 'zod'
import { errorMessage } from '../../src/words/error-message.ts'
import type { Routes, Slack } from '../slack/slack.ts'
import { Broadcast } from './broadcast.ts'
import type { Panel } from './page-state.ts'

/**
 * The page that shows the channel as Slack does. The simulated Slack serves it:
 * `startSlack(options, chatPage(panel))`.
 */
export function chatPage(panel?: Panel): Routes {
  return (slack) => {
    const broadcast = new Broadcast(slack, panel)
    const app = new Hono<{ Bindings: HttpBindings }>()
    servePage(app)
    serveEvents(app, broadcast)
    if (panel?.install) serveInstall(app, panel.install)
    serveActions(app, slack)
    servePanel(app, broadcast, panel)
    return app
  }
}

type App = Hono<{ Bindings: HttpBindings }>

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>daemonset-triage</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/page/page.css">
    <script type="module" src="/page/app.js"></script>
  </head>
  <body><div id="root"></div></body>
</html>`

const INSTALL = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Install daemonset-triage</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/page/page.css">
  </head>
  <body><main class="install"><pre>TEXT</pre></main></body>
</html>`

function servePage(app: App): void {
  let assets: Promise<Assets> | undefined
  const built = (): Promise<Assets> => {
    assets ??= buildAssets()
    return assets
  }
  app.get('/', (c) => c.html(HTML))
  app.get('/archives/:channel/:message', (c) => c.html(HTML))
  app.get('/page/app.js', async (c) =>
    c.body((await built()).script, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  )
  app.get('/page/page.css', async (c) =>
    c.body((await built()).style, 200, { 'content-type': 'text/css; charset=utf-8' }),
  )
}

/** Markdown as it is: it is easy enough to read. */
function serveInstall(app: App, install: () => Promise<string>): void {
  app.get('/install', async (c) => {
    const text = (await install()).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    return c.html(INSTALL.replace('TEXT', () => text))
  })
}

/** Server-sent events. Each carries the whole state, so a page that reconnects needs no history. */
function serveEvents(app: App, broadcast: Broadcast): void {
  app.get('/page/events', (c) =>
    streamSSE(c, async (stream) => {
      const closed = new Promise<void>((resolve) => stream.onAbort(resolve))
      const unfollow = await broadcast.follow(c.req.query('user'), (state) => {
        stream.writeSSE({ event: 'state', data: JSON.stringify(state) })
      })
      await closed
      unfollow()
    }),
  )
}

const place = { user: z.string(), ts: z.optional(z.string()), viewId: z.optional(z.string()) }
const clickRequest = z.object({ ...place, blockId: z.string(), actionId: z.string() })
const pickRequest = z.object({
  ...clickRequest.shape,
  choose: z.union([z.string(), z.array(z.string())]),
})

const submitRequest = z.object({
  user: z.string(),
  viewId: z.string(),
  values: z.record(z.string(), pickRequest.shape.choose),
})

const closeRequest = z.object({ user: z.string(), viewId: z.string() })
const dismissRequest = z.object({ user: z.string(), ts: z.string() })

/**
 * What a person does on the page. Accepts only JSON, so that forms on other sites cannot use it.
 */
function serveActions(app: App, slack: Slack): void {
  const act = <T>(path: string, schema: z.ZodType<T>, perform: (input: T) => unknown): void => {
    app.post(path, async (c) => {
      if (!c.req.header('content-type')?.startsWith('application/json'))
        return c.json({ error: 'The request body must be JSON.' }, 415)
      const input = schema.safeParse(await c.req.json())
      if (!input.success) return c.json({ error: z.prettifyError(input.error) }, 400)
      try {
        return c.json((await perform(input.data)) ?? null)
      } catch (error) {
        return c.json({ error: errorMessage(error) }, 409)
      }
    })
  }
  act('/page/click', clickRequest, (input) => slack.click(input))
  act('/page/pick', pickRequest, (input) => slack.pick(input))
  act('/page/submit', submitRequest, (input) => slack.submit(input))
  act('/page/close', closeRequest, (input) => slack.closeModal(input))
  act('/page/dismiss', dismissRequest, ({ user, ts }) => {
    if (slack.ephemerals(user).some((message) => message.ts === ts)) slack.deleteMessage(ts)
  })
}

/**
 * The panel's buttons: `POST /scenario/:id` and `POST /control/:id` answer with `{note}` or
 * `{error}`.
 */
function servePanel(app: App, broadcast: Broadcast, panel: Panel | undefined): void {
  const serve = (
    path: string,
    perform: ((id: string) => Promise<string | undefined>) | undefined,
  ): void => {
    app.post(path, async (c) => {
      if (!c.req.header('content-type')?.startsWith('application/json'))
        return c.json({ error: 'The request body must be JSON.' }, 415)
      if (!perform) return c.json({ error: 'There is no such control.' }, 404)
      try {
        return c.json({ note: await perform(c.req.param('id') ?? '') })
      } catch (error) {
        return c.json({ error: errorMessage(error) }, 500)
      } finally {
        await broadcast.refreshPanel()
      }
    })
  }
  serve('/scenario/:id', panel?.onScenario)
  serve('/control/:id', panel?.onControl)
}

/** The page's script and style sheet. */
interface Assets {
  readonly script: string
  readonly style: string
}

/**
 * Bundles `client/`, in under a second and without network access. Throws the compiler's errors.
 */
async function buildAssets(): Promise<Assets> {
  const { build } = await import('esbuild')
  const client = join(import.meta.dirname, 'client')
  const { outputFiles } = await build({
    entryPoints: [join(client, 'app.tsx'), join(client, 'page.css')],
    bundle: true,
    minify: true,
    write: false,
    outdir: '/',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
  const text = (name: string): string =>
    outputFiles.find(({ path }) => path.endsWith(name))?.text ?? ''
  return { script: text('app.js'), style: text('page.css') }
}
