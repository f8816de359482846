import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ClusterObject,
  type SimulatedCluster,
  startCluster,
} from '../simulator/cluster/start-cluster.ts'
import type { PodSpec, Taint } from '../src/kubernetes/objects.ts'

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))
const CLI = join(REPOSITORY, 'src/cli.ts')
const NOW = ['--now', '2026-11-24T03:12:00Z']
const TAINTED = ['--snapshot', 'tainted.json', ...NOW]

function node(name: string, pool: string, taints: readonly Taint[] = []): ClusterObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { pool }, creationTimestamp: '2026-10-01T00:00:00Z' },
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

/** A DaemonSet with `right` available pods and `wrong` misscheduled ones in its status. */
function daemonSet(name: string, right: number, wrong: number, spec: PodSpec = {}): ClusterObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name,
      namespace: 'logging',
      uid: `uid-${name}`,
      generation: 1,
      labels: { team: name },
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec },
    },
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: right,
      currentNumberScheduled: right,
      numberMisscheduled: wrong,
      numberReady: right,
      numberAvailable: right,
    },
  }
}

function podOf(name: string, nodeName: string): ClusterObject {
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    name,
    uid: `uid-${name}`,
    controller: true,
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${nodeName}`,
      namespace: 'logging',
      labels: { app: name },
      ownerReferences: [owner],
      creationTimestamp: '2026-10-02T00:00:00Z',
    },
    spec: { nodeName },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

/** `agent` does not tolerate the taint of gpu-1, `exporter` tolerates everything. */
const tainted: readonly ClusterObject[] = [
  node('web-1', 'web'),
  node('web-2', 'web'),
  node('gpu-1', 'gpu', [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }]),
  daemonSet('agent', 2, 1),
  daemonSet('exporter', 3, 0, { tolerations: [{ operator: 'Exists' }] }),
  ...['web-1', 'web-2', 'gpu-1'].flatMap((name) => [podOf('agent', name), podOf('exporter', name)]),
]
/** The status of `agent` is from before the taint: no alert fires. */
const staleStatus = tainted.map((object) =>
  object.metadata.name === 'agent' ? daemonSet('agent', 3, 0) : object,
)
const healthy = [node('web-1', 'web'), daemonSet('exporter', 1, 0), podOf('exporter', 'web-1')]

let directory: string
let cluster: SimulatedCluster

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cli-'))
  cluster = await startCluster(tainted)
  await Promise.all([
    save('tainted.json', list(tainted)),
    save('stale.json', list(staleStatus)),
    save('healthy.json', list(healthy)),
    save('no-nodes.json', list(tainted.filter(({ kind }) => kind !== 'Node'))),
    save('no-daemonsets.json', list(tainted.filter(({ kind }) => kind === 'Node'))),
    save('no-pods.json', list(healthy.filter(({ kind }) => kind !== 'Pod'))),
    save('no-list.json', '{"kind":"Status"}'),
    save('config', cluster.kubeconfig('here')),
  ])
})

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true })
})

function list(items: readonly ClusterObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}

function save(name: string, content: string): Promise<void> {
  return writeFile(join(directory, name), content)
}

/** Runs the command line without a kubeconfig. Names of saved files become their paths. */
async function run(
  args: readonly string[],
  input = '',
  cli = CLI,
  variables: Readonly<Record<string, string>> = {},
): Promise<{ status: number | null; out: string; err: string }> {
  const paths = args.map((arg) =>
    /^([a-z-]+\.json|config)$/.test(arg) ? join(directory, arg) : arg,
  )
  // With the compile cache, sixty runs take less than a minute.
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    NODE_COMPILE_CACHE: join(directory, 'compiled'),
    ...variables,
  }
  const child = spawn(process.execPath, [cli, ...paths], { stdio: 'pipe', env })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { status: await closed, out, err }
}

async function json(args: readonly string[], input?: string) {
  const { out, err, status } = await run([...args, '--output', 'json'], input)
  expect({ err, status }).toEqual({ err: '', status: 0 })
  return JSON.parse(out)
}

describe('explain', () => {
  test('the JSON of an owner holds what readers may rely on, and no field of our own', async () => {
    const labels = { 'addonmanager.kubernetes.io/mode': 'Reconcile' }
    const managed = tainted.map((object) =>
      object.metadata.name === 'agent'
        ? { ...object, metadata: { ...object.metadata, labels } }
        : object,
    )
    const { daemonSets } = await json(
      ['explain', 'logging/agent', '--snapshot', '-', '--now', '2026-11-24T03:12:00Z'],
      list(managed),
    )
    expect(daemonSets[0].owner).toMatchObject({ kind: 'addon-manager', onPatch: 'reverts' })
    expect(daemonSets[0].owner).not.toHaveProperty('takesNone')
  })

  test('the JSON of a remedy has no field of our own', async () => {
    const cluster = new URL('./scenarios/aks-add-on-is-not-patched/cluster.yaml', import.meta.url)
    const { daemonSets } = await json(
      ['explain', 'kube-system/sgx-plugin', '--snapshot', '-', '--now', '2026-11-24T03:12:00Z'],
      await readFile(cluster, 'utf8'),
    )
    const [{ remedies }] = daemonSets[0].findings
    expect(remedies[0].title).toBe('Silence until the provider or the node pool has changed')
    for (const own of ['bridges', 'place', 'answer'])
      for (const remedy of remedies) expect(remedy).not.toHaveProperty(own)
  })

  test('prints headline, nodes, what to do, the counts and the owner', async () => {
    const { out, status } = await run(['explain', 'logging/agent', ...TAINTED])
    expect(status).toBe(0)
    expect(out).toMatch(/^logging\/agent at 2026-11-24 03:12 UTC\n/)
    const parts = [
      'gpu-1',
      'dedicated=gpu:NoSchedule',
      'What to do now',
      'For good',
      'Count',
      'Owner',
      'Evidence',
      'Read more',
    ]
    const places = parts.map((part) => out.indexOf(part))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    expect(out).toContain('\nCount\n  desired 2, current 2, misscheduled 1, ready 2, available 2\n')
  })

  test('prints no escape sequence and no line over 100 columns into a pipe', async () => {
    const { out } = await run(['explain', 'logging/agent', '--nodes', 'all', ...TAINTED])
    expect(out).not.toContain('\u001b')
    const sentences = out.split('\n').filter((line) => !line.trimStart().startsWith('$ '))
    expect(Math.max(...sentences.map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  test('prints the report as JSON', async () => {
    const { daemonSets, incidents } = await json(['explain', 'logging/agent', ...TAINTED])
    expect(daemonSets).toMatchObject([
      {
        namespace: 'logging',
        name: 'agent',
        status: { numberMisscheduled: 1 },
        recount: {
          desiredNumberScheduled: 2,
          currentNumberScheduled: 2,
          numberMisscheduled: 1,
          numberReady: 2,
          numberAvailable: 2,
          numberUnavailable: 0,
        },
        nodes: [
          {
            name: 'gpu-1',
            shouldRun: false,
            shouldContinueRunning: true,
            misscheduled: true,
            pods: ['agent-gpu-1'],
            reasons: [
              {
                type: 'UntoleratedTaint',
                decides: true,
                key: 'dedicated',
                value: 'gpu',
                effect: 'NoSchedule',
              },
            ],
          },
        ],
        controllerDeletes: [],
        owner: { kind: 'none', fix: expect.any(String) },
      },
    ])
    const [finding] = daemonSets[0].findings
    expect(finding).toMatchObject({
      heldBy: null,
      nodes: ['gpu-1'],
      pods: ['agent-gpu-1'],
      summary: expect.any(String),
    })
    expect(Object.keys(finding).join(' ')).toBe(
      'id heldBy cause variant key nodes pods root summary why evidence perNode remedies',
    )
    const tolerate = finding.remedies.find((remedy: { kind: string }) => remedy.kind === 'tolerate')
    expect(tolerate).toMatchObject({
      horizon: expect.stringMatching(/^(now|for-good)$/),
      recommended: expect.any(Boolean),
      why: expect.any(String),
      predict: { numberMisscheduled: 0, desiredNumberScheduled: 3, podsRestarted: 3 },
    })
    expect(incidents).toEqual([
      {
        root: finding.root,
        daemonSets: ['logging/agent'],
        nodes: ['gpu-1'],
        headline: expect.stringContaining('gpu-1'),
      },
    ])
  })

  test('prints every node with --nodes all', async () => {
    const { daemonSets } = await json(['explain', 'logging/agent', '--nodes', 'all', ...TAINTED])
    expect(daemonSets[0].nodes.map(({ name }: { name: string }) => name)).toEqual([
      'web-1',
      'web-2',
      'gpu-1',
    ])
    const { out } = await run(['explain', 'logging/agent', '--nodes', 'all', ...TAINTED])
    expect(out).toMatch(/web-1 +runs `agent-web-1`/)
  })

  test('takes a bare name with --namespace, before or after the command', async () => {
    const after = await run(['explain', 'agent', '--namespace', 'logging', ...TAINTED])
    const before = await run([...TAINTED, '-n', 'logging', 'explain', 'agent'])
    expect(after.status).toBe(0)
    expect(before).toEqual(after)
  })

  test('fails for a DaemonSet that does not exist, and names the nearest', async () => {
    const { status, out, err } = await run(['explain', 'logging/agents', ...TAINTED])
    expect(status).toBe(1)
    expect(out).toContain('`agents` is not in this cluster')
    expect(err).toBe(
      'error: DaemonSet logging/agents was not found. The nearest: logging/agent, logging/exporter.\n',
    )
    const asJson = await run(['explain', 'logging/gone', ...TAINTED, '--output', 'json'])
    expect(asJson.status).toBe(1)
    expect(JSON.parse(asJson.out).daemonSets).toMatchObject([
      { name: 'gone', exists: false, status: null, nodes: [] },
    ])
  })

  test('says in the count what status should be', async () => {
    const { out } = await run(['explain', 'logging/agent', '--snapshot', 'stale.json', ...NOW])
    expect(out).toContain(
      'desired 3 (should be 2), current 3 (should be 2), misscheduled 0 (should be 1),',
    )
  })

  test.each([
    ['left-over-taint-on-broken-node', true],
    ['two-causes-one-node', true],
    ['autoscaler-scale-down', false],
  ])('%s: options that leave the count as it is stand last: %s', async (name, isUseless) => {
    const scenario = join(REPOSITORY, 'test/scenarios', name)
    const { alerts } = JSON.parse(await readFile(join(scenario, 'webhook.json'), 'utf8'))
    const { namespace, daemonset } = alerts[0].labels
    const snapshot = ['--snapshot', join(scenario, 'cluster.yaml')]
    const { out } = await run(['explain', `${namespace}/${daemonset}`, ...snapshot])
    const [advice = '', last = ''] = out.split(/\n(?:Does not help alone|Count)\n/)
    expect(out.includes('Does not help alone')).toBe(isUseless)
    expect(advice).not.toMatch(/Simulated: misscheduled (\d+) → \1\b/)
    if (isUseless) expect(last).toMatch(/Simulated: misscheduled (\d+) → \1\b/)
  })

  test('prints the page of a cause, also in lower case', async () => {
    const { status, out, err } = await run(['explain', '--cause', 't4'])
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toMatch(/^T4: the node is being removed\n\nWhat it means\n/)
    const { out: explained } = await run(['explain', 'logging/agent', ...TAINTED])
    const [, command = ''] =
      /Read more\n {2}- T3 .*: .*cli\.ts (explain --cause T3)\n/.exec(explained) ?? []
    expect((await run(command.split(' '))).out).toMatch(/^T3: /)
  })

  test('is as wide as COLUMNS in a pipe', async () => {
    const { out } = await run(['explain', '--cause', 'T4'], '', CLI, { COLUMNS: '60' })
    const sentences = out.split('\n').filter((line) => !line.startsWith('    '))
    expect(Math.max(...sentences.map((line) => line.length))).toBeGreaterThan(50)
    expect(Math.max(...sentences.map((line) => line.length))).toBeLessThanOrEqual(60)
  })
})

describe('scan', () => {
  test('lists the misscheduled DaemonSets only', async () => {
    const { daemonSets, incidents } = await json(['scan', ...TAINTED])
    expect(daemonSets.map(({ name }: { name: string }) => name)).toEqual(['agent'])
    expect(incidents).toMatchObject([{ daemonSets: ['logging/agent'], nodes: ['gpu-1'] }])
    const { out } = await run(['scan', ...TAINTED])
    expect(out).toMatch(
      /^2 DaemonSets: 1 is misscheduled\.\n3 nodes, read at 2026-11-24 03:12 UTC\.\n/,
    )
  })

  test('prints a command for more that runs as it stands', async () => {
    const { out } = await run(['scan', ...TAINTED])
    const [, command = ''] = /^ *More: (.*)$/m.exec(out) ?? []
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: process.cwd() })
    expect(stdout).toMatch(/^logging\/agent at 2026-11-24 03:12 UTC\n/)
    const piped = await run(['scan', '--snapshot', '-'], list(tainted))
    expect(piped.out).toMatch(
      /More: pipe the same input into: .* explain logging\/agent --snapshot -\n/,
    )
  })

  test('finds what the alert misses: a status from before the taint', async () => {
    const { out } = await run([
      'scan',
      '--snapshot',
      'stale.json',
      '--server-version',
      'v1.35.2',
      ...NOW,
    ])
    expect(out).toMatch(/^2 DaemonSets: 1 is misscheduled, 1 has a wrong status\.\n/)
    expect(out).toMatch(
      /logging\/agent +desired 3 \(should be 2\), current 3 \(should be 2\), misscheduled 0 \(should be 1\),/,
    )
  })

  test('prints every DaemonSet of a file with --nodes all', async () => {
    const { daemonSets } = await json(['scan', '--nodes', 'all', ...TAINTED])
    expect(
      daemonSets.map(({ name, nodes }: { name: string; nodes: unknown[] }) => [name, nodes.length]),
    ).toEqual([
      ['agent', 3],
      ['exporter', 3],
    ])
  })

  test('is limited by namespace and labels', async () => {
    expect(
      (await json(['scan', '--nodes', 'all', '-l', 'team=exporter', ...TAINTED])).daemonSets,
    ).toMatchObject([{ name: 'exporter' }])
    expect((await json(['scan', '--nodes', 'all', '-n', 'other', ...TAINTED])).daemonSets).toEqual(
      [],
    )
  })

  test('reads stdin', async () => {
    const { daemonSets } = await json(['scan', '--snapshot', '-', ...NOW], list(tainted))
    expect(daemonSets).toMatchObject([{ name: 'agent' }])
  })

  test('exits with 3 only with --fail-on-findings', async () => {
    expect((await run(['scan', ...TAINTED])).status).toBe(0)
    expect((await run(['scan', '--fail-on-findings', ...TAINTED])).status).toBe(3)
    expect((await run(['scan', '--fail-on-findings', '--snapshot', 'healthy.json'])).status).toBe(0)
  })

  test('does not pass if pods were not read', async () => {
    const { status, err } = await run(['scan', '--fail-on-findings', '--snapshot', 'no-pods.json'])
    expect(status).toBe(1)
    expect(err).toContain('pods could not be read: not in the snapshot file')
  })
})

describe('what-if taint', () => {
  test('predicts what becomes misscheduled on the selected nodes', async () => {
    const { nodes, daemonSets } = await json([
      'what-if',
      'taint',
      'pool=web',
      'team=a:NoSchedule',
      ...TAINTED,
    ])
    expect(nodes).toEqual(['web-1', 'web-2'])
    expect(daemonSets).toMatchObject([
      {
        namespace: 'logging',
        name: 'agent',
        before: { numberMisscheduled: 1, desiredNumberScheduled: 2 },
        after: { numberMisscheduled: 3, desiredNumberScheduled: 0 },
        misscheduledAfter: ['web-1', 'web-2', 'gpu-1'],
        lost: [],
      },
    ])
    const { out } = await run(['what-if', 'taint', 'pool=web', 'team=a:NoSchedule', ...TAINTED])
    expect(out).toMatch(/logging\/agent +misscheduled 1 → 3, desired 2 → 0/)
    expect(out).toContain('Nothing changes for 1 DaemonSet.')
  })

  test('predicts which pods a NoExecute taint removes; a node can be named', async () => {
    const { daemonSets } = await json(['what-if', 'taint', 'web-1', 'team=a:NoExecute', ...TAINTED])
    expect(daemonSets).toMatchObject([
      { name: 'agent', after: { numberMisscheduled: 1 }, lost: ['agent-web-1'] },
    ])
  })

  test('predicts the removal of a taint', async () => {
    const { daemonSets } = await json([
      'what-if',
      'taint',
      'gpu-1',
      'dedicated:NoSchedule-',
      ...TAINTED,
    ])
    expect(daemonSets).toMatchObject([
      { name: 'agent', after: { numberMisscheduled: 0, desiredNumberScheduled: 3 } },
    ])
  })

  test.each([
    ['pool=web', 'team=a:PreferNoSchedule', 'The DaemonSet controller ignores `PreferNoSchedule`'],
    ['gpu-1', 'dedicated=gpu:NoSchedule', 'The nodes have this taint already.'],
    ['pool=web', 'team-', 'None of these nodes has this taint.'],
    [
      'gpu-1',
      'team=a:NoSchedule',
      '`logging/exporter` tolerates it; `logging/agent` should not run on this node anyway.',
    ],
  ])('%s %s: says why nothing would change', async (selector, taint, why) => {
    const { out } = await run(['what-if', 'taint', selector, taint, ...TAINTED])
    expect(out.replace(/\s+/g, ' ')).toContain(`Nothing would change. ${why}`)
  })

  test('fails if no node matches', async () => {
    const { status, err } = await run([
      'what-if',
      'taint',
      'pool=wbe',
      'team=a:NoSchedule',
      ...TAINTED,
    ])
    expect(status).toBe(1)
    expect(err).toContain('No node matches pool=wbe')
  })
})

test('what-if tolerate predicts the effect of a toleration', async () => {
  const { change, daemonSets } = await json([
    'what-if',
    'tolerate',
    'logging/agent',
    'dedicated=gpu:NoSchedule',
    ...TAINTED,
  ])
  expect(change).toEqual({
    kind: 'tolerate',
    tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }],
  })
  expect(daemonSets).toMatchObject([
    {
      name: 'agent',
      before: { numberMisscheduled: 1 },
      after: { numberMisscheduled: 0, desiredNumberScheduled: 3 },
      podsRestarted: 3,
    },
  ])
  const { out } = await run(['what-if', 'tolerate', 'logging/agent', 'dedicated=cpu', ...TAINTED])
  expect(out).toMatch(/misscheduled 1 → 0, desired 2 → 2/)
  expect(out).toContain('pods removed and not replaced: `agent-gpu-1`')
})

test.each([
  [
    'logging/exporter',
    'team',
    'Nothing would become misscheduled. No node has a taint that it covers.',
  ],
  [
    'logging/exporter',
    'dedicated',
    'Nothing would become misscheduled. The DaemonSet tolerates every such taint already.',
  ],
])('what-if tolerate %s %s says why it does not help', async (subject, toleration, why) => {
  const { out } = await run(['what-if', 'tolerate', subject, toleration, ...TAINTED])
  expect(out.replace(/\s+/g, ' ')).toContain(why)
})

test('what-if tolerate names the nearest to a DaemonSet that does not exist', async () => {
  const { status, err } = await run(['what-if', 'tolerate', 'logging/agnet', 'team', ...TAINTED])
  expect(status).toBe(1)
  expect(err).toContain('The nearest: logging/agent, logging/exporter.')
})

describe('a cluster', () => {
  const here = ['--kubeconfig', 'config', '--context', 'here']

  test('is scanned like a file', async () => {
    const { daemonSets } = await json(['scan', ...here])
    expect(daemonSets).toMatchObject([{ name: 'agent', recount: { numberMisscheduled: 1 } }])
  })

  test('is saved to a file that only its owner can read, with the same result', async () => {
    const file = join(directory, 'saved')
    const { status, out, err } = await run(['snapshot', '-o', file, ...here])
    expect({ status, out }).toEqual({ status: 0, out: '' })
    expect(err).toMatch(/^Saved 2 DaemonSets, 3 nodes and 6 pods\./)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(file, 'utf8')).kind).toBe('List')
    const { daemonSets } = await json(['scan', '--snapshot', file])
    expect(daemonSets).toMatchObject([{ name: 'agent', nodes: [{ name: 'gpu-1' }] }])
  })

  test('that does not answer is named in the error', async () => {
    await save('config', cluster.kubeconfig('here').replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'))
    const { status, err } = await run(['scan', ...here])
    await save('config', cluster.kubeconfig('here'))
    expect(status).toBe(1)
    expect(err).toContain('127.0.0.1:1')
  })

  test('without a kubeconfig: the error names --kubeconfig', async () => {
    const { status, err } = await run(['scan'])
    expect(status).toBe(1)
    expect(err).toContain('--kubeconfig')
  })

  test('with an unknown context: the error lists the known ones', async () => {
    const { status, err } = await run(['scan', '--kubeconfig', 'config', '--context', 'there'])
    expect(status).toBe(1)
    expect(err).toContain('here')
  })
})

describe('unusable files', () => {
  test.each([
    ['no-list.json', 'no-list.json'],
    ['no-nodes.json', 'has no nodes'],
    ['no-daemonsets.json', 'DaemonSets could not be read'],
    ['missing.json', 'there is no such file. Save one with daemonset-triage snapshot -o '],
    ['.', '. could not be read: it is a directory.'],
  ])('%s: exit 1 and what is missing', async (file, message) => {
    const { status, out, err } = await run(['scan', '--snapshot', file])
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toContain(message)
  })
})

describe.concurrent('wrong usage', () => {
  test.each([
    [[]],
    [['explode']],
    [['explain', ...TAINTED]],
    [['explain', 'agent', ...TAINTED]],
    [['explain', 'a/b/c', ...TAINTED]],
    [['scan', '--output', 'xml', ...TAINTED]],
    [['scan', '--nodes', 'some', ...TAINTED]],
    [['scan', '--now', 'yesterday', '--snapshot', 'tainted.json']],
    [['scan', '--feature-gates', 'Other=true', ...TAINTED]],
    [['scan', '--selector', 'a in (', ...TAINTED]],
    [['scan', '--context', 'here', ...TAINTED]],
    [['what-if', 'taint', 'pool=web', 'team', ...TAINTED]],
    [['what-if', 'taint', 'pool=web', 'team:NoRun', ...TAINTED]],
    [['what-if', 'taint', 'pool in (', 'team:NoSchedule', ...TAINTED]],
    [['what-if', 'tolerate', 'agent', 'team', ...TAINTED]],
    [['what-if', 'tolerate', 'logging/agent', '=x', ...TAINTED]],
    [['explain', ...TAINTED]],
    [['explain', 'logging/agent', '--cause', 'T4']],
    [['explain', '--cause', 'T99']],
  ])('%j: exit 2, and nothing on stdout', async (args) => {
    const { status, out, err } = await run(args)
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err).not.toBe('')
  })
})

test('--help and --version are not errors', async () => {
  expect(await run(['--version'])).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  })
  expect(await run(['scan', '--help'])).toMatchObject({
    status: 0,
    out: expect.stringContaining('--fail-on-findings'),
  })
})

test('the bundle runs without the repository; demo says that it needs it', async () => {
  const bundle = join(directory, 'bundle')
  await promisify(execFile)(process.execPath, ['build.ts', bundle], { cwd: REPOSITORY })
  const cli = join(bundle, 'cli.js')
  expect(await run(['scan', '--snapshot', 'healthy.json'], '', cli)).toMatchObject({
    status: 0,
    out: expect.stringContaining('1 DaemonSet: none is misscheduled'),
  })
  expect((await run(['explain', '--cause', 'T4'], '', cli)).out).toMatch(/^T4: /)
  const { status, out, err } = await run(['demo'], '', cli)
  expect({ status, out }).toEqual({ status: 1, out: '' })
  expect(err).toBe(
    'error: The demo needs the repository; this is only the bundle. Clone the repository and run: npm ci && npm run demo\n',
  )
  const bot = await run([], '', join(bundle, 'node.js'))
  expect(bot).toMatchObject({ status: 2, err: expect.stringContaining('WEBHOOK_TOKEN') })
})

test('a start without a directory for the compile cache works', async () => {
  const variables = { NODE_COMPILE_CACHE: join(directory, 'healthy.json', 'no-directory') }
  expect((await run(['--version'], '', CLI, variables)).status).toBe(0)
})
