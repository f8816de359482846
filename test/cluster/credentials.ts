import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes the key pair of the service accounts and the static tokens of the users. */
export async function writeCredentials(
  directory: string,
  adminToken: string,
  users: Readonly<Record<string, string>>,
): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await writeFile(
    join(directory, 'service-account.key'),
    privateKey.export({ type: 'pkcs1', format: 'pem' }),
  )
  await writeFile(
    join(directory, 'service-account.pub'),
    publicKey.export({ type: 'spki', format: 'pem' }),
  )
  const lines = [
    `${adminToken},admin,admin,"system:masters"`,
    ...Object.entries(users).map(([name, token]) => `${token},${name},${name}`),
  ]
  await writeFile(join(directory, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 })
}

/** Writes the kubeconfig of one user and returns its path. kubectl reads JSON, because JSON is YAML. */
export async function writeKubeconfig(
  directory: string,
  user: string,
  { url, ca, token }: { url: string; ca: string; token: string },
): Promise<string> {
  const path = join(directory, `${user}.kubeconfig`)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  }
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 })
  return path
}
