import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import * as z from 'zod'
import { errorMessage } from '../../src/words/error-message.ts'
import type { Routes, Slack } from '../slack/slack.ts'
import { type Assets, buildAssets } from './assets.ts'
import { Broadcast } from './broadcast.ts'
import type { Panel } from './panel.ts'

/** The page that shows the channel as Slack would, to be served by the stand-in: `startSlack(options, chatPage(panel))`. */
export function chatPage(panel?: Panel): Routes {
  return (slack) => {
    const broadcast = new Broadcast(slack, panel)
    const app = new Hono<{ Bindings: HttpBindings }>()
    servePage(app)
    serveEvents(app, broadcast)
    serveActs(app, slack)
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
    <script type="module" src="/page/main.js"></script>
  </head>
  <body><div id="root"></div></body>
</html>`

function servePage(app: App): void {
  let assets: Promise<Assets> | undefined
  const built = (): Promise<Assets> => {
    assets ??= buildAssets()
    return assets
  }
  app.get('/', (c) => c.html(HTML))
  app.get('/archives/:channel/:message', (c) => c.html(HTML))
  app.get('/page/main.js', async (c) =>
    c.body((await built()).script, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  )
  app.get('/page/page.css', async (c) =>
    c.body((await built()).style, 200, { 'content-type': 'text/css; charset=utf-8' }),
  )
}

/** Server-sent events, each with the whole state: a page that was away needs no history. */
function serveEvents(app: App, broadcast: Broadcast): void {
  app.get('/page/events', (c) =>
    streamSSE(c, async (stream) => {
      const gone = new Promise<void>((resolve) => stream.onAbort(resolve))
      const unfollow = await broadcast.follow(c.req.query('user'), (state) => {
        stream.writeSSE({ event: 'state', data: JSON.stringify(state) })
      })
      await gone
      unfollow()
    }),
  )
}

const place = { user: z.string(), ts: z.optional(z.string()), viewId: z.optional(z.string()) }
const press = z.object({ ...place, blockId: z.string(), actionId: z.string() })
const choice = z.object({ ...press.shape, choose: z.union([z.string(), z.array(z.string())]) })
const submit = z.object({
  user: z.string(),
  viewId: z.string(),
  values: z.record(z.string(), choice.shape.choose),
})
const closing = z.object({ user: z.string(), viewId: z.string() })
const dismissal = z.object({ user: z.string(), ts: z.string() })

/** What a person does on the page. Only JSON is taken, which keeps other sites' forms out. */
function serveActs(app: App, slack: Slack): void {
  const act = <T>(path: string, schema: z.ZodType<T>, perform: (input: T) => unknown): void => {
    app.post(path, async (c) => {
      if (!c.req.header('content-type')?.startsWith('application/json'))
        return c.json({ error: 'must be JSON' }, 415)
      const input = schema.safeParse(await c.req.json())
      if (!input.success) return c.json({ error: z.prettifyError(input.error) }, 400)
      try {
        return c.json((await perform(input.data)) ?? null)
      } catch (error) {
        return c.json({ error: errorMessage(error) }, 409)
      }
    })
  }
  act('/page/click', press, (input) => slack.click(input))
  act('/page/pick', choice, (input) => slack.pick(input))
  act('/page/submit', submit, (input) => slack.submit(input))
  act('/page/close', closing, (input) => slack.closeModal(input))
  act('/page/dismiss', dismissal, ({ user, ts }) => {
    if (slack.ephemerals(user).some((message) => message.ts === ts)) slack.deleteMessage(ts)
  })
}

/** The panel's buttons: `POST /scenario/:id` and `POST /control/:id`, answered with `{note}` or `{error}`. */
function servePanel(app: App, broadcast: Broadcast, panel: Panel | undefined): void {
  const serve = (
    path: string,
    perform: ((id: string) => Promise<string | undefined>) | undefined,
  ): void => {
    app.post(path, async (c) => {
      if (!c.req.header('content-type')?.startsWith('application/json'))
        return c.json({ error: 'must be JSON' }, 415)
      if (!perform) return c.json({ error: 'there is no such control' }, 404)
      try {
        return c.json({ note: await perform(c.req.param('id') ?? '') })
      } catch (error) {
        return c.json({ error: errorMessage(error) }, 500)
      } finally {
        await broadcast.look()
      }
    })
  }
  serve('/scenario/:id', panel?.onScenario)
  serve('/control/:id', panel?.onControl)
}
