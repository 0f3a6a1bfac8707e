/**
 * The threads that heddle adds to a system: what is the same for the storage's and the cluster's.
 */

/** A thread of heddle's own. It is never given up: while it is not there, senders are told so. */
export const ownThread = (name: string, maxBackoffMillis: number) => ({
  name,
  restart: {
    policy: "on-failure" as const,
    minMillis: 100,
    maxMillis: maxBackoffMillis,
    factor: 2,
    jitter: 0.2,
    failures: Number.MAX_SAFE_INTEGER,
    resetAfterMillis: 30_000
  },
  debugger: "pause" as const,
  resourceLimits: undefined,
  onGiveUp: "escalate" as const,
  onUnkillable: "wait" as const,
  standby: 0,
  childProcesses: "end" as const,
  isolation: "thread" as const,
  permissions: "all" as const,
  layer: undefined,
  recycle: undefined,
  group: { name, index: 0, count: 1 }
})
