import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chatPage } from '../simulator/page/chat-page.ts'
import type { Facts } from '../simulator/page/page-state.ts'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { launchChromium, NO_CHROMIUM, VIEWPORTS } from './chromium.ts'
import { type LunchBot, startLunchBot } from './lunch-bot.ts'

const CHANNEL = 'C0ALERTS001'
const MAYA = 'U0MAYA00001'
let slack: Slack
let bot: LunchBot
let done: string[]
let facts: Facts[]

beforeEach(async () => {
  done = []
  facts = [
    {
      heading: 'Nodes',
      rows: [{ name: 'node-1', value: 'dedicated=gpu:NoSchedule', tone: 'bad' }],
    },
  ]
  const panel = {
    title: 'Simulated cluster of a team far away, in another city',
    scenarios: [{ id: 'drain', title: 'Scale-down', description: 'A node is being removed.' }],
    controls: () => [
      { id: 'untaint', label: 'Remove the taint', description: 'kubectl taint node node-1 …' },
    ],
    facts: () => facts,
    onScenario: async (id: string) => {
      if (id !== 'drain') throw new Error(`no scenario ${id}`)
      done.push(id)
      return 'Started.'
    },
    onControl: async (id: string) => {
      done.push(id)
      facts = [{ heading: 'Nodes', rows: [{ name: 'node-1', value: 'Ready', tone: 'good' }] }]
      return undefined
    },
  }
  slack = await startSlack({}, chatPage(panel))
  bot = await startLunchBot(slack)
})
afterEach(async () => {
  await bot.stop()
  await slack.stop()
})

const post = (path: string, body: string, type = 'application/json') =>
  fetch(slack.url + path, { method: 'POST', headers: { 'content-type': type }, body })

describe('the server behind the page', () => {
  test.each(['/page/click', '/control/untaint', '/scenario/drain'])(
    '%s refuses a form from another site',
    async (path) => {
      expect((await post(path, 'user=maya', 'text/plain')).status).toBe(415)
      expect(done).toEqual([])
    },
  )

  test('says what is wrong with a request', async () => {
    expect(await (await post('/page/click', '{"user":"maya"}')).json()).toMatchObject({
      error: expect.stringContaining('actionId'),
    })
    const press = { user: 'maya', ts: '1.000000', blockId: 'b', actionId: 'a' }
    expect(await (await post('/page/click', JSON.stringify(press))).json()).toEqual({
      error: 'no message 1.000000',
    })
    expect(await (await post('/scenario/none', '{}')).json()).toEqual({ error: 'no scenario none' })
  })
})

describe.skipIf(NO_CHROMIUM !== '').each(VIEWPORTS)(
  `the page at $width px${NO_CHROMIUM}`,
  (viewport) => {
    let browser: Browser
    let page: Page
    const isPhone = viewport.width < 600

    beforeAll(async () => {
      browser = await launchChromium()
    })
    afterAll(() => browser.close())
    beforeEach(async () => {
      page = await browser.newPage({ viewport })
      page.setDefaultTimeout(5000)
      await page.goto(slack.url)
    })
    afterEach(() => page.close())

    const text = (words: string) => page.getByText(words, { exact: true }).first().waitFor()
    const button = (name: string) => page.getByRole('button', { name, exact: true })
    const widest = () => page.evaluate('document.documentElement.scrollWidth')

    test('from message to modal to thread', async () => {
      const ts = await bot.ask()
      await text('Lunch?')
      await button('Order…').click()
      await page.getByRole('dialog', { name: 'Order lunch' }).waitFor()
      if (isPhone)
        expect(await page.getByRole('dialog').boundingBox()).toEqual({ x: 0, y: 0, ...viewport })

      await button('Order').click()
      await text('Please complete this required field.')
      await page.getByLabel('Soup').check()
      await page.getByLabel('Size').selectOption({ label: 'Large' })
      await page.getByLabel('Olives').check()
      await page.getByLabel('Name').fill('nobody')
      await button('Order').click()
      await text('Enter your own name.')
      await page.getByLabel('Name').fill('Maya')
      await button('Order').click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      expect(bot.received.at(-1)?.view.state.values).toMatchObject({
        dish: { v: { selected_option: { value: 'soup' } } },
        size: { v: { selected_option: { value: 'l' } } },
        extras: { v: { selected_options: [{ value: 'olives' }] } },
        name: { v: { value: 'Maya' } },
      })

      await page.getByRole('button', { name: '1 reply' }).click()
      const thread = page.getByLabel('Thread', { exact: true })
      await thread.getByText('ordered soup').waitFor()
      expect(await thread.getByText('@maya').count()).toBe(1)
      if (isPhone) expect(await thread.boundingBox()).toEqual({ x: 0, y: 0, ...viewport })
      await bot.client.chat.postMessage({
        channel: CHANNEL,
        thread_ts: ts,
        text: 'Soup is *ready*.',
      })
      await thread.getByText('ready').waitFor()
      expect(await widest()).toBe(viewport.width)
      await page.getByLabel('Close thread').click()
      await page.getByRole('button', { name: '2 replies' }).waitFor()
    })

    test('a button with a confirmation acts only when it is confirmed', async () => {
      await bot.ask()
      await button('Cancel').click()
      await text('Cancel lunch?')
      await button('Keep').click()
      await button('Cancel').click()
      expect(bot.received).toEqual([])
      await button('Do it').click()
      await text('No lunch.')
      expect(bot.received.map(({ actions }) => actions[0]?.action_id)).toEqual(['cancel'])
      expect(await button('Order…').count()).toBe(0)
    })

    test('menus act with the selected option, and only one person sees an ephemeral message', async () => {
      await bot.ask()
      await page.getByLabel('When…').selectOption({ label: 'At one' })
      await text('Only you know: lunch at 13')
      await page.getByLabel('More actions').click()
      await page.getByRole('menuitem', { name: 'Ask again' }).click()
      await slack.until(() => bot.received[1], 'the second act')
      expect(bot.received.map(({ actions }) => actions[0]?.selected_option?.value)).toEqual([
        '13',
        'again',
      ])
      await page.getByLabel('You are').selectOption({ label: 'Sam Okafor' })
      await page.getByText('Only visible to you').waitFor({ state: 'detached' })
      await page.getByLabel('You are').selectOption({ label: 'Maya Lindqvist' })
      await button('Dismiss message').click()
      await page.getByText('Only visible to you').waitFor({ state: 'detached' })
      expect(slack.ephemerals('maya')).toEqual([])
    })

    test('an app that fails shows an error to the person who clicked', async () => {
      await bot.ask()
      bot.answer = () => new Response('', { status: 500 })
      await button('Order…').click()
      await text('⚠ This app responded with Status Code 500.')
    })

    test('a permalink to a reply opens its thread', async () => {
      const ts = await bot.ask()
      const reply = await bot.client.chat.postMessage({
        channel: CHANNEL,
        thread_ts: ts,
        text: `<@${MAYA}> is late`,
      })
      const { permalink = '' } = await bot.client.chat.getPermalink({
        channel: CHANNEL,
        message_ts: reply.ts ?? '',
      })
      await page.goto(permalink)
      await page.getByLabel('Thread', { exact: true }).getByText('is late').waitFor()
    })

    test('the panel shows changes of the cluster, and changes it', async () => {
      if (isPhone) await button('Cluster').click()
      await text('dedicated=gpu:NoSchedule')
      await page.getByRole('button', { name: 'Scale-down' }).click()
      await text('Started.')
      if (isPhone) await button('Cluster').click()
      await button('Remove the taint').click()
      await text('Ready')
      expect(done).toEqual(['drain', 'untaint'])
      facts = [{ heading: 'Alerts', rows: [], none: 'no alert' }]
      await page.getByRole('heading', { name: 'Alerts 0' }).waitFor()
      await text('no alert')
      expect(await widest()).toBe(viewport.width)
    })

    test('the panel explains its controls and cuts no title off', async () => {
      if (isPhone) await button('Cluster').click()
      await text('kubectl taint node node-1 …')
      const title = page.getByRole('heading', { name: /^Simulated cluster of a team/ })
      expect(
        await title.evaluate((element) => element.scrollWidth - element.clientWidth),
      ).toBeLessThanOrEqual(0)
      await page.getByText('Choose a scenario').waitFor()
    })

    test('a chosen scenario closes the list and, on a phone, the panel', async () => {
      if (isPhone) await button('Cluster').click()
      await page.getByRole('button', { name: 'Scale-down' }).click()
      await text('Started.')
      if (isPhone) await page.getByRole('navigation').waitFor({ state: 'hidden' })
    })

    test('the tab shows the state of the newest message', async () => {
      const title = () => page.title()
      const icon = async () =>
        decodeURIComponent((await page.locator('link[rel="icon"]').getAttribute('href')) ?? '')
      await expect.poll(title).toBe('daemonset-triage')
      const header = (text: string) =>
        [{ type: 'header', text: { type: 'plain_text', text } }] as never
      await bot.client.chat.postMessage({
        channel: CHANNEL,
        text: 'open',
        blocks: header('🟠 Node n1 is unreachable'),
      })
      await expect.poll(title).toBe('🟠 Node n1 is unreachable · daemonset-triage')
      expect(await icon()).toContain('>🟠<')
    })

    test('names and taints of any length stay within the page', async () => {
      const long = 'x'.repeat(253)
      const code = {
        type: 'rich_text_section',
        elements: [{ type: 'text', text: long, style: { code: true } }],
      }
      await bot.client.chat.postMessage({
        channel: CHANNEL,
        text: 'long',
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: long.slice(0, 150) } },
          {
            type: 'section',
            text: { type: 'mrkdwn', text: `\`${long}\` and &lt;b&gt;bold&lt;/b&gt; ${long}` },
          },
          { type: 'rich_text', elements: [code] },
          {
            type: 'table',
            rows: [
              [
                { type: 'raw_text', text: 'node' },
                { type: 'raw_text', text: long },
              ],
            ],
          },
        ] as never,
      })
      await page.getByText('<b>bold</b>').waitFor()
      expect(
        await page
          .locator('.messages')
          .evaluate((list) => [list.scrollWidth - list.clientWidth, list.clientWidth > 300]),
      ).toEqual([0, true])
      expect(await widest()).toBe(viewport.width)
    })
  },
)
