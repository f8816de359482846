import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { explainCommand, invocationOf, quoted } from '../src/cli/invocation.ts'

let root: string
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'invocation-')))
  for (const directory of ['bin', 'other', 'repository/src'])
    await mkdir(join(root, directory), { recursive: true })
  for (const file of ['bin/node', 'other/node', 'repository/src/cli.ts']) {
    await writeFile(join(root, file), '')
    await chmod(join(root, file), 0o755)
  }
  for (const name of ['daemonset-triage', 'kubectl-daemonset_triage'])
    await symlink(join(root, 'repository/src/cli.ts'), join(root, 'bin', name))
})
afterAll(() => rm(root, { recursive: true }))

/** Paths are below `root`. */
function invoked(script: string, from: string, { npx = false, node = 'bin/node' } = {}): string {
  const text = invocationOf({
    script: join(root, script),
    node: join(root, node),
    directory: join(root, from),
    environment: { PATH: join(root, 'bin'), ...(npx && { npm_command: 'exec' }) },
  })
  return text.replaceAll(root, '')
}

describe('the command is printed as it was typed', () => {
  test('node in the repository', () => {
    expect(invoked('repository/src/cli.ts', 'repository')).toBe('node src/cli.ts')
    expect(invoked('repository/src/cli.ts', 'repository', { npx: true })).toBe(
      'npx node src/cli.ts',
    )
  })

  test('from elsewhere the path is whole', () => {
    expect(invoked('repository/src/cli.ts', 'other')).toBe('node /repository/src/cli.ts')
  })

  test('a Node that the shell would not find is named by its path', () => {
    expect(invoked('repository/src/cli.ts', 'repository', { node: 'other/node' })).toBe(
      '/other/node src/cli.ts',
    )
  })

  test('installed, by its name if the shell finds it', () => {
    expect(invoked('bin/daemonset-triage', 'other')).toBe('daemonset-triage')
    expect(invoked('bin/daemonset-triage', 'other', { npx: true })).toBe('npx daemonset-triage')
    expect(invoked('other/daemonset-triage', 'other')).toBe('/other/daemonset-triage')
  })

  test('as a plug-in of kubectl', () => {
    expect(invoked('bin/kubectl-daemonset_triage', 'other')).toBe('kubectl daemonset-triage')
  })
})

test('the command for more reads the same source in the same way', () => {
  const subject = { namespace: 'logging', name: 'agent' }
  const command = (options: Parameters<typeof explainCommand>[2]) =>
    explainCommand('kubectl daemonset-triage', subject, options)
  expect(command({})).toBe('kubectl daemonset-triage explain logging/agent')
  expect(command({ context: 'prod admin', kubeconfig: '/k/config', namespace: 'logging' })).toBe(
    "kubectl daemonset-triage explain logging/agent --kubeconfig /k/config --context 'prod admin'",
  )
  expect(
    command({
      snapshot: "it's.yaml",
      now: '2026-11-24T03:12:00Z',
      serverVersion: 'v1.33.2',
      featureGates: { TaintTolerationComparisonOperators: true },
    }),
  ).toBe(
    "kubectl daemonset-triage explain logging/agent --snapshot 'it'\\''s.yaml' --now 2026-11-24T03:12:00Z" +
      ' --server-version v1.33.2 --feature-gates TaintTolerationComparisonOperators=true',
  )
})

test.each(['$(rm x)', '`x`', '~/x', 'a b', '', '*', 'a;b', '-'])('%j is one word', (text) => {
  const word = quoted(text)
  expect(word === text || word === `'${text}'`).toBe(true)
  expect(/[\s$`~*;]/.test(text) || text === '' ? word.startsWith("'") : true).toBe(true)
})
