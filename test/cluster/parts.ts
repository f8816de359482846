import { createHash } from 'node:crypto'
import { createWriteStream, readFileSync } from 'node:fs'
import { access, constants, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { buildGo, exists, onPath } from './build-go.ts'
import { run } from './run.ts'

/**
 * A program, or several of one source, that is built from a Go module or unpacked from a Debian
 * package.
 */
interface Part {
  readonly name: string
  readonly version: string
  readonly binaries: readonly string[]
  /** Puts the binaries into `directory`. If it fails, the directory is discarded. */
  build(directory: string, log: string): Promise<void>
}

/** The binaries that `part` can find or build. */
export type Binary =
  | 'alertmanager'
  | 'amtool'
  | 'controller-deletes'
  | 'etcd'
  | 'helm'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kube-state-metrics'
  | 'kubectl'
  | 'kwok'
  | 'prometheus'
  | 'promtool'

const KUBERNETES = '1.37.2'
const KUBERNETES_BINARIES = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
] as const

const KUBERNETES_MODULE = {
  module: 'k8s.io/kubernetes',
  version: KUBERNETES,
  staging: KUBERNETES.replace(/^1\./, 'v0.'),
}

/** The DaemonSet controller, to be compiled with a `main` that reaches its private functions. */
const CONTROLLER_SOURCES = ['daemon_controller.go', 'update.go'].map(
  (name) => `pkg/controller/daemon/${name}`,
)
const DELETES = readFileSync(new URL('controller/deletes.go', import.meta.url), 'utf8')

/**
 * kwok's stages: a node becomes Ready by its Lease, a pod is Running at once, a deleted pod is
 * removed at once.
 */
const KWOK_STAGES = [
  'node/fast/node-initialize.yaml',
  'node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
  'pod/fast/pod-ready.yaml',
  'pod/fast/pod-delete.yaml',
]

/** In the order of the build: what every test needs comes first. */
const PARTS: readonly Part[] = [
  goPart('etcd', '3.7.3', 'go.etcd.io/etcd/server/v3', ['etcd'], ['go.etcd.io/etcd/server/v3']),
  {
    name: 'kubernetes',
    version: KUBERNETES,
    binaries: KUBERNETES_BINARIES,
    async build(directory, log) {
      const packages = KUBERNETES_BINARIES.map((name) => `k8s.io/kubernetes/cmd/${name}`)
      // Without these the server reports v0.0.0, and everything that depends on its version fails.
      const [major, minor] = KUBERNETES.split('.')
      const variables = {
        gitVersion: `v${KUBERNETES}`,
        gitMajor: major,
        gitMinor: minor,
        gitTreeState: 'clean',
      }
      const flags = Object.entries(variables).map(
        ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
      )
      await buildGo({ ...KUBERNETES_MODULE, packages, flags }, directory, log)
    },
  },
  {
    name: 'controller-deletes',
    version: `${KUBERNETES}-${createHash('sha256').update(DELETES).digest('hex').slice(0, 8)}`,
    binaries: ['controller-deletes'],
    async build(directory, log) {
      const main = { copied: CONTROLLER_SOURCES, added: { 'deletes.go': DELETES } }
      const output = 'controller-deletes'
      await buildGo({ ...KUBERNETES_MODULE, packages: ['.'], main, output }, directory, log)
    },
  },
  {
    name: 'kwok',
    version: '0.8.0',
    binaries: ['kwok'],
    async build(directory, log) {
      const source = {
        module: 'sigs.k8s.io/kwok',
        version: '0.8.0',
        packages: ['sigs.k8s.io/kwok/cmd/kwok'],
      }
      const { Dir } = await buildGo(source, directory, log)
      await mkdir(join(directory, 'stages'))
      for (const stage of KWOK_STAGES) {
        await cp(
          join(Dir, 'kustomize/stage', stage),
          join(directory, 'stages', stage.replaceAll('/', '-')),
        )
      }
    },
  },
  goPart(
    'kube-state-metrics',
    '2.13.0',
    'k8s.io/kube-state-metrics/v2',
    ['kube-state-metrics'],
    ['k8s.io/kube-state-metrics/v2'],
  ),
  goPart('alertmanager', '0.31.1', 'github.com/prometheus/alertmanager', ['alertmanager']),
  goPart('amtool', '0.34.2', 'github.com/prometheus/alertmanager', ['amtool']),
  unpackedPart('prometheus'),
  unpackedPart('promtool'),
  goPart('helm', '3.22.0', 'helm.sh/helm/v3', ['helm']),
]

/**
 * The directory of the binaries: `DAEMONSET_TRIAGE_PARTS`, otherwise in the user's cache directory.
 * Never in the repository.
 */
export function partsDirectory(): string {
  return (
    process.env.DAEMONSET_TRIAGE_PARTS ||
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'daemonset-triage')
  )
}

/**
 * The path of a real binary. Builds it if it is missing, which takes minutes. Throws with the last
 * lines of the build if that fails, and at once if Go is missing.
 */
export async function part(binary: Binary): Promise<string> {
  const owner = PARTS.find(({ binaries }) => binaries.includes(binary))
  if (owner === undefined) throw new Error(`no part contains ${binary}`)
  if (binary === 'prometheus' || binary === 'promtool') {
    const found = await onPath(binary)
    if (found !== undefined) return found
  }
  return join(await ensure(owner), binary)
}

async function ensure({ name, version, binaries, build }: Part): Promise<string> {
  const parent = partsDirectory()
  const directory = join(parent, `${name}-${version}`)
  if (await exists(directory)) return directory
  await mkdir(parent, { recursive: true })
  await removeAbandoned(parent)
  const unfinished = await mkdtemp(join(parent, `.building-${process.pid}-`))
  const log = join(parent, `${name}-${version}.log`)
  const started = Date.now()
  console.error(`${name} ${version}: building into ${directory} (log: ${log})`)
  try {
    await build(unfinished, log)
    for (const binary of binaries) await access(join(unfinished, binary), constants.X_OK)
    // Another process may have finished the same build first.
    await rename(unfinished, directory).catch(async (cause) => {
      if (!(await exists(directory))) throw cause
    })
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  console.error(`${name} ${version}: built in ${((Date.now() - started) / 1000).toFixed(0)} s`)
  return directory
}

/** Removes the directories of builds that were killed. The name contains the process id. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = Number(/^\.building-(\d+)-/.exec(name)?.[1])
    if (pid > 0 && !isAlive(pid)) await rm(join(parent, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function goPart(
  name: string,
  version: string,
  module: string,
  binaries: string[],
  packages?: string[],
): Part {
  const source = {
    module,
    version,
    packages: packages ?? binaries.map((binary) => `${module}/cmd/${binary}`),
  }
  return {
    name,
    version,
    binaries,
    async build(directory, log) {
      await buildGo(
        { ...source, output: packages === undefined ? undefined : binaries[0] },
        directory,
        log,
      )
    },
  }
}

/** Unpacks a binary from Prometheus' Debian package without installing the package. */
function unpackedPart(binary: 'prometheus' | 'promtool'): Part {
  const build = (directory: string, log: string) => unpackPrometheus(binary, directory, log)
  return { name: binary, version: 'debian', binaries: [binary], build }
}

async function unpackPrometheus(binary: string, directory: string, logPath: string): Promise<void> {
  if ((await onPath('apt-get')) === undefined) {
    throw new Error(
      'prometheus is not on PATH, and there is no apt-get to download it. Install Prometheus 2.42 or newer and try again.',
    )
  }
  const work = await mkdtemp(join(directory, '.work-'))
  const log = createWriteStream(logPath)
  try {
    if (process.getuid?.() === 0) await run('apt-get', ['update'], { cwd: work, log })
    await run('apt-get', ['download', 'prometheus'], { cwd: work, log })
    const [archive] = (await readdir(work)).filter((name) => name.endsWith('.deb'))
    if (archive === undefined)
      throw new Error(`apt-get download prometheus left no .deb file; see ${logPath}`)
    await run('dpkg-deb', ['--extract', archive, '.'], { cwd: work, log })
    await rename(join(work, 'usr/bin', binary), join(directory, binary))
  } finally {
    log.end()
    await rm(work, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  // Exiting also kills the compiler, which a signal would not.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  // The arguments are names of parts. Without arguments, build every part except helm, which no
  // test needs.
  const wanted =
    process.argv.length > 2
      ? process.argv.slice(2)
      : PARTS.map(({ name }) => name).filter((name) => name !== 'helm')
  for (const name of wanted) {
    const owner = PARTS.find((candidate) => candidate.name === name)
    if (owner === undefined)
      throw new Error(
        `there is no part ${name}; choose from ${PARTS.map((known) => known.name).join(', ')}`,
      )
    for (const binary of owner.binaries) console.log(await part(binary as Binary))
  }
}
