/** What the tests of tables and screens show. */

/** An actor at rest. */
export const actor = {
  name: "Echo",
  state: "running",
  incarnation: 1,
  restarts: 0,
  lastCause: null,
  mailboxDepth: 0,
  handled: 0,
  failed: 0
} as const
