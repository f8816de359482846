import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apiClient, type Request } from './api.ts'
import { writeCredentials, writeKubeconfig } from './credentials.ts'
import { startKwok } from './kwok.ts'
import { part } from './parts.ts'
import {
  answersOk,
  freePort,
  type RunningProcess,
  startProcess,
  stopInReverse,
  temporaryDirectory,
} from './processes.ts'
import { output } from './run.ts'

/** A cluster with administrator rights. */
export interface TestCluster {
  /** Kubeconfig of an administrator. */
  readonly kubeconfigPath: string
  readonly url: string
  readonly request: Request
  /**
   * Runs kubectl as an administrator and returns its stdout. Throws with its stderr if it fails.
   */
  kubectl(args: readonly string[], stdin?: string): Promise<string>
  /** Stops every process that was started for it, waits for their end, and removes their files. */
  stop(): Promise<void>
}

/** A control plane whose processes a test can stop, kill and start. */
export interface ControlPlane extends TestCluster {
  /** PEM of the API server's self-signed certificate. */
  readonly ca: string
  readonly adminToken: string
  /** Tokens by user name. */
  readonly users: Readonly<Record<string, string>>
  readonly directory: string
  readonly etcd: RunningProcess
  readonly apiserver: RunningProcess
  readonly controllerManager: RunningProcess
  readonly scheduler: RunningProcess
  readonly kwok: RunningProcess
  /** Writes the kubeconfig of one of `users` and returns its path. */
  kubeconfigFor(user: string): Promise<string>
}

/** Settings of `startControlPlane`. */
export interface ControlPlaneOptions {
  /** Users besides the administrator. They have no rights unless RBAC grants them. */
  readonly users?: readonly string[]
  /** `Name=true,…` for the API server, the controller manager and the scheduler. */
  readonly featureGates?: string
  /** Requests per second of the controller manager and the scheduler, default 1000. */
  readonly qps?: number
  /**
   * Seconds without a renewed Lease after which a node is NotReady, default 10. kwok's Lease lasts
   * 8 s and is renewed every 2 s; with less than 10 s, nodes on a busy machine become NotReady by
   * mistake.
   */
  readonly nodeMonitorGraceSeconds?: number
  /** More flags of the controller manager; they override the others. */
  readonly controllerManagerArgs?: readonly string[]
}

// Only the controllers that the tests need. All of them would add a second to the startup, and more
// events.
const CONTROLLERS = [
  'clusterrole-aggregation-controller',
  'daemonset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'node-lifecycle-controller',
  'pod-garbage-collector-controller',
  'serviceaccount-controller',
  'taint-eviction-controller',
]

/**
 * Starts a real control plane on loopback: etcd, API server with RBAC, controller manager,
 * scheduler, and kwok instead of kubelets. Before a test kills the API server it must stop the
 * controller manager, which exits without its server, and start it again after.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { users: names = [], featureGates, qps = 1000, nodeMonitorGraceSeconds = 10 } = options
  const { controllerManagerArgs = [] } = options
  const temporary = await temporaryDirectory('cluster')
  const directory = temporary.path
  const started: RunningProcess[] = []
  const stop = async () => {
    await stopInReverse(started)
    await temporary.remove()
  }
  const start = async (
    binary: Parameters<typeof part>[0],
    ready: () => Promise<boolean>,
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ) => {
    const running = await startProcess({
      name: binary,
      command: await part(binary),
      args,
      directory,
      ready,
      ...(env && { env }),
    })
    started.push(running)
    return running
  }
  const gates = featureGates === undefined ? [] : [`--feature-gates=${featureGates}`]

  try {
    const adminToken = randomBytes(16).toString('hex')
    const users = Object.fromEntries(names.map((name) => [name, randomBytes(16).toString('hex')]))
    await writeCredentials(directory, adminToken, users)

    const etcdUrl = `http://127.0.0.1:${await freePort()}`
    const peerUrl = `http://127.0.0.1:${await freePort()}`
    const etcd = await start('etcd', () => answersOk(`${etcdUrl}/readyz`), [
      '--name=test',
      `--data-dir=${join(directory, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=test=${peerUrl}`,
      '--unsafe-no-fsync',
    ])

    const port = await freePort()
    const url = `https://127.0.0.1:${port}`
    const apiserver = await start(
      'kube-apiserver',
      () => answersOk(`${url}/readyz`, { authorization: `Bearer ${adminToken}` }),
      [
        `--etcd-servers=${etcdUrl}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${join(directory, 'apiserver')}`,
        '--endpoint-reconciler-type=none',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-signing-key-file=${join(directory, 'service-account.key')}`,
        `--service-account-key-file=${join(directory, 'service-account.pub')}`,
        `--token-auth-file=${join(directory, 'tokens.csv')}`,
        '--authorization-mode=RBAC',
        '--service-cluster-ip-range=10.0.0.0/16',
        '--disable-admission-plugins=ServiceAccount',
        '--allow-privileged=true',
        ...gates,
      ],
    )

    const ca = await readFile(join(directory, 'apiserver/apiserver.crt'), 'utf8')
    const kubeconfigPath = await writeKubeconfig(directory, 'admin', { url, ca, token: adminToken })
    const controllerPort = await freePort()
    const schedulerPort = await freePort()
    const client = [
      `--kubeconfig=${kubeconfigPath}`,
      `--authentication-kubeconfig=${kubeconfigPath}`,
      `--authorization-kubeconfig=${kubeconfigPath}`,
      '--bind-address=127.0.0.1',
      '--leader-elect=false',
      `--kube-api-qps=${qps}`,
      `--kube-api-burst=${qps * 2}`,
      ...gates,
    ]
    const controllerManager = await start(
      'kube-controller-manager',
      () => answersOk(`https://127.0.0.1:${controllerPort}/healthz`),
      [
        ...client,
        `--secure-port=${controllerPort}`,
        `--cert-dir=${join(directory, 'controller-manager')}`,
        `--controllers=${CONTROLLERS.join(',')}`,
        '--node-monitor-period=1s',
        `--node-monitor-grace-period=${nodeMonitorGraceSeconds}s`,
        '--node-eviction-rate=100',
        ...controllerManagerArgs,
      ],
    )
    const scheduler = await start(
      'kube-scheduler',
      () => answersOk(`https://127.0.0.1:${schedulerPort}/healthz`),
      [...client, `--secure-port=${schedulerPort}`, `--cert-dir=${join(directory, 'scheduler')}`],
    )
    const kwok = await startKwok(kubeconfigPath, directory)
    started.push(kwok)

    return {
      kubeconfigPath,
      url,
      ca,
      adminToken,
      users,
      directory,
      etcd,
      apiserver,
      controllerManager,
      scheduler,
      kwok,
      request: apiClient({ url, ca, token: adminToken }),
      kubectl: kubectlFor(kubeconfigPath),
      async kubeconfigFor(user) {
        const token = users[user]
        if (token === undefined)
          throw new Error(
            `there is no user ${user}; add it to the option users of startControlPlane`,
          )
        return writeKubeconfig(directory, user, { url, ca, token })
      },
      stop,
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** kubectl with this kubeconfig. */
export function kubectlFor(kubeconfigPath: string): TestCluster['kubectl'] {
  return async (args, stdin) =>
    output(
      await part('kubectl'),
      [`--kubeconfig=${kubeconfigPath}`, ...args],
      stdin === undefined ? {} : { stdin },
    )
}
