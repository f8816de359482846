/** Who owns a DaemonSet, and so where a lasting fix goes and what undoes a manual patch. */
export interface Owner {
  /** A row of the ownership table, e.g. `Helm`, `Flux`, `Argo CD`, `operator`, `addon-manager`, `kubectl apply`, `none`. */
  readonly kind: string
  /** e.g. `DatadogAgent datadog/datadog`, `release datadog in namespace datadog`. */
  readonly name?: string
  /** All layers recognised, from the object outwards, e.g. `['operator DatadogAgent datadog', 'Helm release datadog']`. */
  readonly chain: readonly string[]
  /** `reverts`: undoes a patch by itself, soon. `overwrites`: at its next upgrade or apply. `none`: nothing known. */
  readonly onPatch: 'reverts' | 'overwrites' | 'none'
  /** One sentence: what would revert a patch and how fast. */
  readonly revert: string
  /** One sentence: where the lasting fix goes. */
  readonly fix: string
  /** Path of the tolerations in the values file or custom resource, where known: `agents.tolerations`. */
  readonly path?: string
}
