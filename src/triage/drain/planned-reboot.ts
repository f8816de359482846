import type { Node } from '../../kubernetes/objects.ts'
import { milliseconds } from '../../words/time.ts'
import { code, time, type Words, words } from '../../words/words.ts'
import { cordonedBy } from './leaving.ts'

/** A reboot of the node that a tool has begun as planned. */
export interface PlannedReboot {
  /** `kured`. */
  readonly tool: string
  /** RFC 3339: when it began, if that is known. */
  readonly began: string | undefined
  /** What shows it; a clause about the node. */
  readonly sign: Words
}

/** The planned reboot of the node, by its annotations or by who cordoned it. */
export function plannedReboot(node: Node): PlannedReboot | undefined {
  const { annotations = {} } = node.metadata
  for (const { tool, isRebooting, cordons } of TOOLS) {
    const shown = isRebooting(annotations)
    if (shown) {
      const value = annotations[shown] ?? ''
      const began = milliseconds(value) === undefined ? undefined : value
      return {
        tool,
        began,
        sign: began
          ? words`${tool} began to reboot it at ${time(began)} (annotation ${code(shown)})`
          : words`${tool} is rebooting it (annotation ${code(shown)})`,
      }
    }
    const writer = node.spec?.unschedulable ? cordonedBy(node) : undefined
    if (writer && cordons.test(writer.manager))
      return {
        tool,
        began: writer.time,
        sign: words`cordoned by ${code(writer.manager)}${writer.time ? words` at ${time(writer.time)}` : ''} for a reboot`,
      }
  }
  return undefined
}

type Annotations = Readonly<Record<string, string>>

const TOOLS: readonly {
  readonly tool: string
  /** The annotation that says so. */
  readonly isRebooting: (annotations: Annotations) => string | undefined
  /** The name that managedFields has for it. */
  readonly cordons: RegExp
}[] = [
  {
    tool: 'kured',
    isRebooting: present('weave.works/kured-reboot-in-progress'),
    cordons: /^kured$/,
  },
  {
    tool: 'the Machine Config Operator',
    isRebooting: (annotations) =>
      annotations[`${MCO}state`] === 'Working' &&
      annotations[`${MCO}desiredConfig`] !== annotations[`${MCO}currentConfig`]
        ? `${MCO}state`
        : undefined,
    cordons: /^machine-config-(daemon|controller)$/,
  },
  {
    tool: "Flatcar's update operator",
    isRebooting: (annotations) =>
      annotations[`${FLATCAR}reboot-in-progress`] === 'true'
        ? `${FLATCAR}reboot-in-progress`
        : undefined,
    cordons: /^(flatcar-linux-)?update-(agent|operator)$/,
  },
]

const MCO = 'machineconfiguration.openshift.io/'
const FLATCAR = 'flatcar-linux-update.v1.flatcar-linux.net/'

function present(annotation: string): (annotations: Annotations) => string | undefined {
  return (annotations) => (annotations[annotation] === undefined ? undefined : annotation)
}
