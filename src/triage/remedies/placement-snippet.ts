/** A required node affinity that leaves nodes with this label out, as YAML for the pod template. */
export function placementSnippet({
  key,
  value,
}: {
  readonly key: string
  readonly value: string
}): string {
  return `affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms:
        - matchExpressions:
            - key: ${key}
              operator: NotIn
              values: [${JSON.stringify(value)}]
`
}
