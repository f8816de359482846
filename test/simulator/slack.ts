import { WebClient } from '@slack/web-api'
import type { SlackOptions } from '../../simulator/slack/options.ts'
import { type Slack, startSlack } from '../../simulator/slack/slack.ts'

/** Calls a Web API method without a client library. Returns the response, also of a failed call. */
export async function callApi(
  slack: Slack,
  method: string,
  args: object,
  token = slack.botToken,
): Promise<Record<string, unknown>> {
  const response = await fetch(slack.apiUrl + method, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(args),
  })
  return (await response.json()) as Record<string, unknown>
}

/** Runs a check on a second simulated Slack with other options. */
export async function withSlack(
  options: SlackOptions,
  check: (slack: Slack, client: WebClient) => Promise<void>,
): Promise<void> {
  const slack = await startSlack(options)
  const client = new WebClient(slack.botToken, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
  })
  await check(slack, client).finally(() => slack.stop())
}
