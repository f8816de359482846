import type { ContainerStatus } from '../objects.ts'
import { flag, list, number, object, type Projection, text } from '../projection.ts'

/**
 * What runtimes say if an image is not built for the machine. Of a container's messages, which may
 * hold anything, only such a phrase is kept.
 */
const WRONG_PLATFORM = [
  // Linux, when the binary is for another architecture.
  'exec format error',
  // containerd, when the image's index has no entry for the node.
  'no match for platform',
  // Docker and Podman, the same.
  'no matching manifest for',
  // Docker: image operating system "…" cannot be used on this platform.
  'cannot be used on this platform',
  // The Windows host compute service.
  'container operating system does not match the host operating system',
] as const

const phrase: Projection<string> = (value) => {
  const message = text(value)?.toLowerCase()
  return message === undefined ? undefined : WRONG_PLATFORM.find((one) => message.includes(one))
}

const state = object<NonNullable<ContainerStatus['state']>>({
  waiting: object({ reason: text, message: phrase }),
  terminated: object({ reason: text, message: phrase, exitCode: number }),
})

const containerStatus = object<ContainerStatus>({
  name: text,
  ready: flag,
  restartCount: number,
  state,
  lastState: state,
})

/**
 * The containers that wait for something or were not built for the node; undefined if there are
 * none.
 */
export const failingContainers: Projection<readonly ContainerStatus[]> = (value) => {
  const failing = list(containerStatus)(value)?.filter(
    ({ state, lastState }) =>
      state?.waiting !== undefined ||
      state?.terminated?.message !== undefined ||
      lastState?.terminated?.message !== undefined,
  )
  return failing?.length ? failing : undefined
}
