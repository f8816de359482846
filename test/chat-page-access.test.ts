import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chatPage } from '../simulator/page/chat-page.ts'
import { type Slack, startSlack } from '../simulator/slack/slack.ts'
import { launchChromium, NO_CHROMIUM, VIEWPORTS } from './chromium.ts'
import { type LunchBot, startLunchBot } from './lunch-bot.ts'
import { lowContrast, wrongNames } from './page-access.ts'

const schemes = ['light', 'dark'] as const
const views = VIEWPORTS.flatMap((viewport) =>
  schemes.map((colorScheme) => ({ ...viewport, viewport, colorScheme })),
)

describe.skipIf(NO_CHROMIUM !== '').each(views)(
  `the page at $width px, $colorScheme${NO_CHROMIUM}`,
  ({ viewport, colorScheme }) => {
    let browser: Browser
    let page: Page
    let slack: Slack
    let bot: LunchBot
    const isPhone = viewport.width < 600

    beforeAll(async () => {
      browser = await launchChromium()
    })
    afterAll(() => browser.close())
    beforeEach(async () => {
      const { promise } = Promise.withResolvers<undefined>()
      const panel = {
        title: 'Simulated cluster',
        description: 'A cluster.',
        scenarios: [{ id: 'drain', title: 'Scale-down', description: 'A node is being removed.' }],
        controls: () => [{ id: 'untaint', label: 'Remove the taint' }],
        facts: () =>
          (['good', 'bad', 'quiet'] as const).map((tone) => ({
            heading: tone,
            rows: [{ name: 'node-1', value: 'Ready', tone }],
          })),
        onScenario: () => promise,
        onControl: () => promise,
      }
      slack = await startSlack({}, chatPage(panel))
      bot = await startLunchBot(slack)
      page = await browser.newPage({ viewport, colorScheme })
      page.setDefaultTimeout(5000)
      await page.goto(slack.url)
      await bot.ask()
      await page.getByText('Lunch?').first().waitFor()
    })
    afterEach(async () => {
      await page.close()
      await bot.stop()
      await slack.stop()
    })

    const button = (name: string) => page.getByRole('button', { name, exact: true })
    const focused = () => page.evaluate<string>('document.activeElement?.textContent ?? ""')
    /** Every text is readable, and every control is named as it is labeled. */
    const isAccessible = async (state: string) => {
      expect({ state, found: await lowContrast(page) }).toEqual({ state, found: [] })
      expect({ state, found: await wrongNames(page) }).toEqual({ state, found: [] })
    }

    test('is readable and named in every state', { timeout: 40_000 }, async () => {
      await isAccessible('message')
      for (const name of ['Order…', 'Cancel']) {
        await button(name).hover()
        await isAccessible(`hovered ${name}`)
      }
      await page.getByLabel('More actions').click()
      await page.getByRole('menuitem').first().hover()
      await isAccessible('menu')
      await page.keyboard.press('Escape')
      await button('Cancel').click()
      await isAccessible('confirmation')
      await page.keyboard.press('Escape')
      await page.getByLabel('When…').selectOption({ label: 'At one' })
      await page.getByText('Only visible to you').waitFor()
      await isAccessible('ephemeral message')
      await button('Order…').click()
      await button('Order').click()
      await page.getByText('Please complete this required field.').first().waitFor()
      await isAccessible('dialog with errors')
      await page.keyboard.press('Escape')
      bot.answer = () => new Promise(() => {})
      await button('Order…').click()
      await isAccessible('pressed')
      if (isPhone) await button('Cluster').click()
      await isAccessible('panel')
      await button('Remove the taint').click()
      await isAccessible('busy panel')
    })

    test('returns the focus after a dialog, a confirmation and a menu', async () => {
      await button('Order…').focus()
      await page.keyboard.press('Enter')
      await page.getByRole('dialog', { name: 'Order lunch' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await expect.poll(focused).toBe('Order…')

      await button('Cancel').focus()
      await page.keyboard.press('Enter')
      await page.keyboard.press('Escape')
      await expect.poll(focused).toBe('Cancel')

      await page.getByLabel('More actions').focus()
      await page.keyboard.press('Enter')
      await expect.poll(focused).toBe('Say no')
      await page.keyboard.press('Escape')
      await expect.poll(focused).toBe('⋯')
      expect(
        await page.evaluate(
          'getComputedStyle(document.activeElement).outlineStyle + " " + getComputedStyle(document.activeElement).outlineWidth',
        ),
      ).toBe('solid 2px')
    })

    test('keeps the focus in a message whose buttons are replaced', async () => {
      await button('Cancel').focus()
      await page.keyboard.press('Enter')
      await button('Do it').focus()
      await page.keyboard.press('Enter')
      await page.getByText('No lunch.').waitFor()
      await expect.poll(focused).toContain('No lunch.')
    })
  },
)
