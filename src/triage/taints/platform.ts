import type { Node, PodSpec, SelectorRequirement, Taint } from '../../kubernetes/objects.ts'

/** An operating system or an architecture, in Go's spelling: `windows`, `arm64`. */
export interface Platform {
  readonly aspect: 'os' | 'arch'
  readonly value: string
}

/**
 * What a taint says about the machine: its key is one for operating systems or architectures, or its
 * key or value names the one that the node's label has. undefined: it says something else.
 */
export function platformOfTaint(node: Node, taint: Taint): Platform | undefined {
  const { key, value = '' } = taint
  for (const aspect of ASPECTS) {
    const labelled = nodePlatform(node, aspect)
    if (KEYS[aspect].test(key)) {
      const named = spelled(value)
      const known = ALIASES[aspect].has(named) ? named : labelled
      return known === undefined ? undefined : { aspect, value: known }
    }
    const words = [value, key.replace(/^.*\//, '')].map(spelled)
    if (labelled !== undefined && words.includes(labelled)) return { aspect, value: labelled }
  }
  return undefined
}

/** The node's operating system or architecture, by its label. */
export function nodePlatform(
  { metadata: { labels = {} } }: Node,
  aspect: Platform['aspect'],
): string | undefined {
  const label = labels[`kubernetes.io/${aspect}`] ?? labels[`beta.kubernetes.io/${aspect}`]
  return label === undefined ? undefined : spelled(label)
}

/** Whether a requirement or node selector names this aspect of nodes. */
export function isPlatformKey(key: string, aspect: Platform['aspect']): boolean {
  return key === `kubernetes.io/${aspect}` || key === `beta.kubernetes.io/${aspect}`
}

/** How the template asks for this platform, as it is written there; undefined if it does not. */
export function platformSelection(
  spec: PodSpec | undefined,
  { aspect, value }: Platform,
): string | undefined {
  if (aspect === 'os' && spec?.os !== undefined && spelled(spec.os.name) === value)
    return `spec.os.name: ${spec.os.name}`
  for (const [key, wanted] of Object.entries(spec?.nodeSelector ?? {}))
    if (isPlatformKey(key, aspect) && spelled(wanted) === value) return `${key}: ${wanted}`
  const terms =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const requirement = (terms ?? [])
    .flatMap(({ matchExpressions = [] }) => matchExpressions)
    .find((one) => isPlatformKey(one.key, aspect) && asksFor(one, value))
  return (
    requirement && `${requirement.key} ${requirement.operator} ${requirement.values?.join(', ')}`
  )
}

/** The platforms of this aspect that the images or the DaemonSet's name are marked with. */
export function platformMarks(
  name: string,
  spec: PodSpec | undefined,
  aspect: Platform['aspect'],
): readonly Platform[] {
  // The registry's host says nothing of the image.
  const images = (spec?.containers ?? []).flatMap(({ image }) =>
    image === undefined ? [] : image.replace(/^[^/]*[.:][^/]*\//, ''),
  )
  const texts = [name, ...images]
  const found = texts.flatMap((text) =>
    text
      .toLowerCase()
      .split(/[^a-z0-9_]+/)
      .flatMap((token) => MARKS[aspect].get(token) ?? []),
  )
  return [...new Set(found)].map((value) => ({ aspect, value }))
}

function asksFor({ operator, values = [] }: SelectorRequirement, value: string): boolean {
  const listed = values.map(spelled).includes(value)
  return operator === 'In' ? listed : operator === 'NotIn' && !listed
}

/** In lower case, and as Go spells it. */
function spelled(value: string): string {
  const lower = value.toLowerCase()
  return ALIASES.arch.get(lower) ?? ALIASES.os.get(lower) ?? lower
}

const ASPECTS = ['os', 'arch'] as const

/** Keys of taints that name an operating system or an architecture, whatever their prefix. */
const KEYS = {
  os: /(^|\/)(os|operating-?system)$/i,
  arch: /(^|\/)(arch|architecture|cpu-?arch)$/i,
}

const ALIASES: Readonly<Record<Platform['aspect'], ReadonlyMap<string, string>>> = {
  os: new Map([
    ['windows', 'windows'],
    ['win', 'windows'],
    ['linux', 'linux'],
  ]),
  arch: new Map([
    ['amd64', 'amd64'],
    ['x86_64', 'amd64'],
    ['x86-64', 'amd64'],
    ['arm64', 'arm64'],
    ['aarch64', 'arm64'],
    ['arm', 'arm'],
    ['armv7l', 'arm'],
    ['s390x', 's390x'],
    ['ppc64le', 'ppc64le'],
    ['riscv64', 'riscv64'],
  ]),
}

/** Words in the names of images and DaemonSets that are built for one platform. */
const MARKS: typeof ALIASES = {
  os: new Map([
    ...ALIASES.os,
    ['nanoserver', 'windows'],
    ['servercore', 'windows'],
    ['ltsc2019', 'windows'],
    ['ltsc2022', 'windows'],
    ['ltsc2025', 'windows'],
  ]),
  arch: new Map([...ALIASES.arch, ['arm64v8', 'arm64'], ['arm32v7', 'arm']]),
}
