import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startCluster } from '../simulator/cluster/start-cluster.ts'
import { type Demo, startDemo } from '../simulator/demo.ts'
import { SCENARIOS } from '../simulator/scenarios/scenarios.ts'
import { launchChromium, NO_CHROMIUM, VIEWPORTS } from './chromium.ts'

/** Screenshots of the last run. */
const PICTURES = join(tmpdir(), 'daemonset-triage-demo-pictures')

const OPEN = '3 nodes are being scaled down'
const AGENT = 'datadog/datadog-agent'

/** The silences in Alertmanager, at the address to which the message links. */
async function silencesOf(
  demo: Demo,
): Promise<
  { status: { state: string }; createdBy: string; matchers: { name: string; value: string }[] }[]
> {
  const [, url] =
    /(http:\/\/127\.0\.0\.1:\d+)/.exec(JSON.stringify(demo.slack.messages()[0]?.blocks)) ?? []
  const response = await fetch(`${url}/api/v2/silences`)
  return response.json() as ReturnType<typeof silencesOf>
}

const thread = (demo: Demo) =>
  demo.slack.thread(demo.slack.messages()[0]?.ts ?? '').map(({ text }) => text)
const WAIT = { timeout: 15_000, interval: 100 }

interface Visit {
  readonly demo: Demo
  readonly page: Page
  readonly isPhone: boolean
  readonly picture: (name: string) => Promise<unknown>
  readonly text: (words: string | RegExp) => Promise<void>
  /** The modal in front. */
  readonly dialog: Locator
}

let browser: Browser | undefined
beforeAll(async () => {
  if (NO_CHROMIUM === '') browser = await launchChromium()
  await mkdir(PICTURES, { recursive: true })
})
afterAll(() => browser?.close())

/** Runs a test with its own demo and page. */
async function visit(
  viewport: (typeof VIEWPORTS)[number],
  act: (visit: Visit) => Promise<void>,
  scenario?: string,
): Promise<void> {
  const demo = await startDemo(scenario === undefined ? {} : { scenario })
  const page = await browser?.newPage({ viewport })
  try {
    if (!page) throw new Error('no browser')
    page.setDefaultTimeout(20_000)
    await page.goto(demo.url)
    await act({
      demo,
      page,
      isPhone: viewport.width < 600,
      picture: (name) => page.screenshot({ path: join(PICTURES, `${viewport.width}-${name}.png`) }),
      text: (words) => page.getByText(words).first().waitFor(),
      dialog: page.getByRole('dialog'),
    })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(viewport.width)
    expect(demo.slack.clientErrors).toEqual([])
  } finally {
    await page?.close()
    await demo.stop()
  }
}

/** The visible text of the focused control. */
const FOCUSED = '(({ activeElement: one }) => (one.closest("label") ?? one).textContent)(document)'

/** Presses Tab until the focused control has this text, and then Enter. */
async function pressByKeyboard(page: Page, text: RegExp): Promise<void> {
  for (let tabs = 0; tabs < 80; tabs++) {
    if (text.test(await page.evaluate<string>(FOCUSED))) return page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${text}`)
}

// Most of the time they wait for the cluster, so they run concurrently.
describe.skipIf(NO_CHROMIUM !== '').concurrent.each(VIEWPORTS)(
  `the demo at $width px${NO_CHROMIUM}`,
  (viewport) => {
    test('alert, message, silence, patch, resolved', { timeout: 60_000 }, () =>
      visit(viewport, async ({ demo, page, picture, text, dialog }) => {
        const press = (label: string) =>
          page.locator('article').getByText(label, { exact: true }).first().click()
        const submit = (label: string) =>
          dialog.getByRole('button', { name: label, exact: true }).click()
        await text(OPEN)
        await picture('1-message')

        await press('Silence…')
        await dialog.getByText('Silences 1 alert that fires now').waitFor()
        await expect(dialog.getByLabel(/Until these nodes are gone/).isChecked()).resolves.toBe(
          true,
        )
        await picture('2-silence')
        await submit('Silence')
        await dialog.waitFor({ state: 'detached' })
        await text(/Silenced by/)
        const [silence] = await silencesOf(demo)
        expect(silence?.status.state).toBe('active')
        expect(
          Object.fromEntries(silence?.matchers.map(({ name, value }) => [name, value]) ?? []),
        ).toEqual({
          alertname: 'KubeDaemonSetMisScheduled',
          cluster: 'demo',
          namespace: 'datadog',
          daemonset: 'datadog-agent',
        })

        await press('Add toleration…')
        await dialog.getByText('Server-side dry run: accepted').waitFor()
        await dialog.getByText('ToBeDeletedByClusterAutoscaler').waitFor()
        await picture('3-patch')
        await dialog.getByLabel(/I reviewed this change/).check()
        await submit('Add toleration')
        await dialog.waitFor({ state: 'detached' })

        await text(/Over after /)
        await vi.waitFor(
          () =>
            expect(thread(demo).join('\n')).toContain('misscheduled predicted 3 → 0, seen 3 → 0'),
          WAIT,
        )
        await vi.waitFor(
          async () =>
            expect((await silencesOf(demo)).map(({ status }) => status.state)).toEqual(['expired']),
          WAIT,
        )
        await picture('4-over')
      }),
    )

    test(
      'from the start to Over and the next scenario with the keyboard alone',
      {
        timeout: 90_000,
      },
      () =>
        visit(viewport, async ({ page, picture, text, dialog }) => {
          const guide = page.getByRole('region', { name: 'Guide' })
          const step = (label: string) => guide.locator('[aria-current="step"]', { hasText: label })
          await text(OPEN)
          await step('Read it').waitFor()
          await pressByKeyboard(page, /^Next step$/)
          await step('Silence it as Maya').waitFor()

          await pressByKeyboard(page, /^Silence…$/)
          await dialog.getByText('Silences 1 alert that fires now').waitFor()
          await pressByKeyboard(page, /^Silence$/)
          await dialog.waitFor({ state: 'detached' })
          await step('Let the drains finish').waitFor()

          for (const left of [2, 1, 0]) {
            await pressByKeyboard(page, /^Finish the next drain$/)
            if (left > 0)
              await guide.getByRole('button', { name: 'Finish the next drain' }).waitFor()
            await vi.waitFor(
              async () =>
                expect(await page.getByText(/misscheduled · 9 of 9 ready/).textContent()).toMatch(
                  new RegExp(`^${left} misscheduled`),
                ),
              WAIT,
            )
          }
          await guide.getByText(/^Over: /).waitFor()
          await vi.waitFor(async () => expect(await page.title()).toMatch(/^✅ /), WAIT)
          await picture('6-over')
          expect(await guide.getByRole('link', { name: 'Install it' }).getAttribute('href')).toBe(
            '/install',
          )
          await pressByKeyboard(page, /^Next scenario: One node goes down/)
          await vi.waitFor(async () => expect(await page.title()).toMatch(/unreachable/), WAIT)
          await step('Read it').waitFor()
        }),
    )

    test(
      'a taint that is not counted is explained where it does nothing',
      {
        timeout: 60_000,
      },
      () =>
        visit(
          viewport,
          async ({ demo, page, picture }) => {
            const guide = page.getByRole('region', { name: 'Guide' })
            const press = (name: string) => guide.getByRole('button', { name }).click()
            await press('Taint a node')
            await guide.getByText(/no alert fires for it.*Since Kubernetes 1\.33/).waitFor()
            expect(demo.slack.messages()).toEqual([])
            await picture('7-not-counted')
            await press('Touch the DaemonSet')
            await page
              .locator('article')
              .getByText(/pool-a-2/)
              .first()
              .waitFor()
            expect(await guide.getByText(/Since Kubernetes 1\.33/).count()).toBe(0)
            await press('Remove the taint')
            await guide.getByText(/^Over: /).waitFor()
          },
          'missed-taint',
        ),
    )

    test(
      'changes to the cluster show in the message, and another scenario starts with an empty channel',
      { timeout: 60_000 },
      () =>
        visit(viewport, async ({ demo, page, isPhone, picture, text }) => {
          const waitForText = (words: RegExp) =>
            vi.waitFor(() => expect(demo.slack.messages()[0]?.text).toMatch(words), WAIT)
          await text(OPEN)
          if (isPhone) await page.getByRole('button', { name: 'Cluster', exact: true }).click()
          await page.getByText('3 misscheduled · 9 of 9 ready').waitFor()
          const panel = page.getByRole('navigation', { name: 'Cluster' })
          await panel.getByRole('button', { name: 'Finish the next drain' }).click()
          await page.getByText('2 misscheduled · 9 of 9 ready').waitFor()
          await picture('5-panel')
          await waitForText(/Nodes ip-10-0-17-23.* and ip-10-0-17-88.* are being scaled down/)

          await page.getByRole('button', { name: 'Stop the API server' }).click()
          await waitForText(/Cluster unreachable/)
          await page.getByRole('button', { name: 'Start the API server' }).click()
          await waitForText(/^No action: /)

          await page.getByText(/more scenarios/).click()
          await page.getByRole('button', { name: /One node goes down/ }).click()
          if (isPhone) await panel.waitFor({ state: 'hidden' })
          await waitForText(/4 DaemonSets/)
          expect(demo.slack.messages()).toHaveLength(1)
          expect(demo.slack.messages()[0]?.text).not.toContain(AGENT)
        }),
    )
  },
)

test('a person who is not in ALLOWED_USERS is refused in a modal of their own', async () => {
  const demo = await startDemo()
  try {
    const message = await demo.slack.until(() => demo.slack.messages()[0], 'the message', 15_000)
    await demo.slack.click({ user: 'sam', ts: message.ts, actionId: 'daemonset-triage.silence' })
    await demo.slack.until(
      () => /may do this.*amtool silence add/.test(JSON.stringify(demo.slack.modal('sam'))),
      'a refusal',
    )
    expect(demo.slack.modal('maya')).toBeUndefined()
    expect(await silencesOf(demo)).toEqual([])
  } finally {
    await demo.stop()
  }
}, 30_000)

test('the user’s own cluster is explained and only read', async () => {
  const scenario = SCENARIOS.find(({ id }) => id === 'gpu-taint')
  const asked: string[] = []
  const onRequest = ({ method, path }: { method: string; path: string }) =>
    asked.push(`${method} ${path}`)
  const cluster = await startCluster(scenario?.objects(new Date()) ?? [], { onRequest })
  const kubeconfig = join(await mkdtemp(join(tmpdir(), 'daemonset-triage-test-')), 'kubeconfig')
  await writeFile(kubeconfig, cluster.kubeconfig('mine'))
  const demo = await startDemo({ context: 'mine', kubeconfig })
  try {
    const message = await demo.slack.until(() => demo.slack.messages()[0], 'the message', 15_000)
    expect(message.text).toContain('fluent-bit')
    expect(JSON.stringify(message.blocks)).not.toMatch(/Silence…|Add toleration…|Delete pod/)
    const writes = asked.filter((one) => !one.startsWith('GET ') && !one.endsWith('accessreviews'))
    expect(writes).toEqual([])
    expect(asked.length).toBeGreaterThan(0)
  } finally {
    await demo.stop()
    await cluster.stop()
    await rm(dirname(kubeconfig), { recursive: true })
  }
}, 30_000)

test('how to install it is served from the README', async () => {
  const demo = await startDemo()
  try {
    const page = await (await fetch(`${demo.url}install`)).text()
    expect(page).toContain('## Install it')
    expect(page).toContain('kubectl -n daemonset-triage rollout status')
    expect(page).not.toContain('## Read more')
  } finally {
    await demo.stop()
  }
})

test('an unknown scenario is refused with a list of the known ones', async () => {
  await expect(startDemo({ scenario: 'none' })).rejects.toThrow(
    /There is no scenario none\. Choose one of: ten-minute-workers, /,
  )
})

test('a port in use is named in the error, with the option to change', async () => {
  const demo = await startDemo()
  try {
    const port = Number(new URL(demo.url).port)
    await expect(startDemo({ port })).rejects.toThrow(new RegExp(`port ${port}.*--port`))
  } finally {
    await demo.stop()
  }
})
