import { assert, it } from "@effect/vitest"
import { format } from "../../src/dashboard/metrics.ts"
import type { ActorStatus, ThreadStatus } from "../../src/Status.ts"

const actor = (name: string, keys?: ActorStatus["keys"]): ActorStatus => ({
  name,
  state: "running",
  incarnation: 1,
  restarts: 0,
  lastCause: null,
  mailboxDepth: 0,
  handled: 0,
  failed: 0,
  ...(keys === undefined ? {} : { keys })
})

const thread = (...actors: ReadonlyArray<ActorStatus>): ThreadStatus => ({
  name: "rooms",
  group: "rooms",
  state: "running",
  incarnation: 1,
  restarts: 0,
  lastCause: null,
  readyAtMillis: 1,
  heapUsedBytes: 1,
  eventLoopUtilization: 0,
  actors
})

it("W1: /metrics says of a keyed actor how many keys are awake and given up, in two series however many there are.", () => {
  const { text } = format([thread(actor("Room", { awake: 10_000, quarantined: 3 }), actor("Plain"))], [])
  const lines = text.split("\n").filter((line) => line.startsWith("heddle_actor_keys_"))
  assert.sameMembers(lines, [
    `heddle_actor_keys_awake{thread="rooms",actor="Room"} 10000`,
    `heddle_actor_keys_quarantined{thread="rooms",actor="Room"} 3`
  ])
})
