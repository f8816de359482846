import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatPage } from '../simulator/page/chat-page.ts'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { launchChromium, NO_CHROMIUM } from './chromium.ts'
import { type LunchBot, startLunchBot } from './lunch-bot.ts'
import { readScenario, SCENARIOS } from './scenario.ts'

const PHONE = { width: 375, height: 740 }
/** Of a line of text in a message. Pixels. */
const LINE = 22
const MOST_LINES = 15

describe.skipIf(NO_CHROMIUM !== '')(`a message on a phone${NO_CHROMIUM}`, () => {
  let slack: Slack
  let bot: LunchBot

  beforeAll(async () => {
    slack = await startSlack({}, chatPage())
    bot = await startLunchBot(slack)
  })
  afterAll(async () => {
    await bot.stop()
    await slack.stop()
  })

  /** Lines above the first button, of each message in the channel. */
  async function linesAboveButtons(): Promise<readonly number[]> {
    const browser = await launchChromium()
    try {
      const page = await browser.newPage({ viewport: PHONE })
      await page.goto(slack.url)
      await page.locator('article.message').last().waitFor()
      const pixels = await page.locator('article.message').evaluateAll((messages) =>
        messages.map((message) => {
          const [button] = message.querySelectorAll('.actions button')
          return (
            (button ?? message).getBoundingClientRect().top - message.getBoundingClientRect().top
          )
        }),
      )
      return pixels.map((height) => Math.ceil(height / LINE))
    } finally {
      await browser.close()
    }
  }

  it('has its first button within 15 lines, in every scenario', async () => {
    const channel = slack.workspace.channels[0]?.id ?? ''
    const names = readdirSync(SCENARIOS).filter((name) => !name.endsWith('.md'))
    const shown: string[] = []
    for (const name of names)
      for (const { message } of readScenario(name).incidents) {
        shown.push(name)
        await bot.client.chat.postMessage({ channel, ...message } as never)
      }
    const lines = await linesAboveButtons()
    expect(lines.length).toBe(shown.length)
    const high = shown.map((name, index) => [name, lines[index] ?? 0] as const)
    expect(high.filter(([, count]) => count > MOST_LINES)).toEqual([])
  }, 60_000)
})
