/** How many seconds the containers go on after SIGTERM, up to the grace period; without it they stop at once. For workers that finish their work. */
export const STOPS_AFTER = 'local.daemonset-triage.dev/stops-after-seconds'
