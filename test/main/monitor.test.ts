/** What the watchdog's loop does about a thread that stands still, on threads that are only status blocks. */
import { assert, describe, it } from "@effect/vitest"
import type * as ExitCause from "../../src/ExitCause.ts"
import { moment, plus } from "../../src/loop/monotonic.ts"
import type { ThreadEvent } from "../../src/main/decide/index.ts"
import * as monitor from "../../src/main/monitor.ts"
import type { Living } from "../../src/main/status.ts"
import * as recorder from "../../src/shared/recorder.ts"
import { allocate as allocateRemains } from "../../src/shared/remains.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import { declare } from "./machine.ts"

const at = { function: "spin", file: "/app/spin.ts", line: 3, column: 5 }

/** One thread that has not moved for long, and what becomes of it. */
const stall = () => {
  const memory = statusBlock.allocate(1)
  const searches: Array<(where: ExitCause.Whereabouts) => void> = []
  const stalled: Array<ThreadEvent<"Failing">> = []
  const fail = () => Promise.reject(new Error("not in this test"))
  const living: Living = {
    incarnation: 1,
    utilization: 0,
    thread: {
      block: statusBlock.make(memory),
      memory,
      remains: allocateRemains(),
      recorder: recorder.make(recorder.allocate()),
      post: () => {},
      terminate: () => {},
      measureLoop: () => ({ idleMillis: 1, activeMillis: 0, utilization: 1 }),
      cpuMicros: () => Promise.resolve(undefined),
      find: (found) => void searches.push(found),
      profile: fail,
      heap: fail
    }
  }
  let now = moment(1000)
  const { look } = monitor.make({
    topology: declare({ a: { watchdog: { stallAfter: "1 second" } } }),
    living: new Map([[0, living]]),
    now: () => now,
    debug: { state: () => "no", pauses: () => false, look: () => {}, extended: () => {} },
    isRunning: () => true,
    onStalled: (event) => void stalled.push(event)
  })
  const lookOften = (): void => {
    for (let count = 0; count < 6; count++) {
      look()
      now = plus(now, 400)
    }
  }
  return { lookOften, searches, stalled, own: statusBlock.make(memory) }
}

describe("the watchdog's loop", () => {
  it("F29: A thread that does not move is looked for once at a time, and reported with its line.", () => {
    const { lookOften, searches, stalled } = stall()
    lookOften()
    lookOften()
    assert.lengthOf(searches, 1)
    assert.deepStrictEqual(stalled, [])
    searches[0]?.({ at })
    const [event] = stalled
    assert.deepInclude(event?.cause, { _tag: "Stalled", at })
    assert.isFalse(event?.hasRecovered)
  })

  it("F29: A thread that moves again while it is looked for is reported as recovered.", () => {
    const { lookOften, own, searches, stalled } = stall()
    lookOften()
    own.beat(1)
    searches[0]?.({ at })
    assert.isTrue(stalled[0]?.hasRecovered)
  })
})
