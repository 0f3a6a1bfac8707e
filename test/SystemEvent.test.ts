import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Stopping } from "../src/ActorError.ts"
import { deadLetter } from "../src/control/deadLetters.ts"
import * as ExitCause from "../src/ExitCause.ts"
import * as SystemEvent from "../src/SystemEvent.ts"

const cause = ExitCause.Thrown.make({ name: "Error", message: "boom", stack: "" })
const requested = ExitCause.Requested.make({})
const stall = ExitCause.Stalled.make({ millis: 5000, handling: "Bot.Say" })
const bot = { atMillis: 1, thread: "bot", incarnation: 2 }

const events: ReadonlyArray<readonly [event: SystemEvent.SystemEvent, says: string]> = [
  [SystemEvent.ThreadStarted.make({ ...bot, afterMillis: 81.6 }), "thread \"bot\" #2 is ready after 82 ms"],
  [SystemEvent.ThreadExited.make({ ...bot, cause, asked: false }), "thread \"bot\" #2 ended: Error: boom"],
  [SystemEvent.ThreadExited.make({ ...bot, cause: requested, asked: true }), "thread \"bot\" #2 stopped"],
  [
    SystemEvent.ThreadExited.make({ ...bot, cause, asked: true }),
    "thread \"bot\" #2 ended while it stopped: Error: boom"
  ],
  [
    SystemEvent.ThreadRestarting.make({ ...bot, afterMillis: 812, failures: 4, limit: 5 }),
    "thread \"bot\" #2 restarts in 0.81 s, failure 4 of 5"
  ],
  [
    SystemEvent.ThreadRestarting.make({ ...bot, afterMillis: 30_000, failures: 1 }),
    "thread \"bot\" #2 restarts in 30 s, failure 1"
  ],
  [
    SystemEvent.ActorFailed.make({
      ...bot,
      actor: "Bot",
      cause,
      actorIncarnation: 3,
      restart: { afterMillis: 12, failures: 3, limit: 5 }
    }),
    "actor Bot #3 on thread \"bot\" #2 failed and restarts in 12 ms, failure 3 of 5: Error: boom"
  ],
  [
    SystemEvent.ActorStarted.make({ ...bot, actor: "Bot", actorIncarnation: 3 }),
    "actor Bot #3 is ready on thread \"bot\" #2"
  ],
  [
    SystemEvent.ThreadTerminated.make({
      ...bot,
      afterMillis: 5000,
      at: { function: "close", file: "/app/Bot.ts", line: 7, column: 3 }
    }),
    "thread \"bot\" #2 did not stop within 5000 ms and was terminated, at close (/app/Bot.ts:7:3)"
  ],
  [
    SystemEvent.ThreadStalled.make({ ...bot, cause: stall }),
    "thread \"bot\" #2 is stalled: its event loop was blocked for 5000 ms while it handled Bot.Say"
  ],
  [
    SystemEvent.ThreadTerminated.make({ ...bot, afterMillis: 5000 }),
    "thread \"bot\" #2 did not stop within 5000 ms and was terminated"
  ],
  [
    SystemEvent.StandbyReady.make({ atMillis: 1, thread: "bot" }),
    "a standby thread of \"bot\" is loaded"
  ],
  [
    SystemEvent.StandbyFailed.make({ atMillis: 1, thread: "bot", cause }),
    "a standby thread of \"bot\" failed, and is not replaced before the thread starts again: Error: boom"
  ],
  [SystemEvent.ActorStarted.make({ ...bot, actor: "Bot" }), "actor Bot is ready on thread \"bot\" #2"],
  [SystemEvent.ActorFailed.make({ ...bot, actor: "Bot", cause }), "actor Bot on thread \"bot\" #2 failed: Error: boom"],
  [
    SystemEvent.GaveUp.make({ ...bot, failures: 6, cause }),
    "gave up on thread \"bot\" #2 after 6 failures: Error: boom"
  ],
  [
    SystemEvent.GaveUp.make({ ...bot, failures: 1, cause }),
    "gave up on thread \"bot\" #2 after 1 failure: Error: boom"
  ],
  [SystemEvent.Stopping.make({ atMillis: 1, why: "received SIGTERM" }), "stopping: received SIGTERM"],
  [SystemEvent.Stopped.make({ atMillis: 1, terminated: [] }), "stopped"],
  [
    SystemEvent.Stopped.make({ atMillis: 1, terminated: ["bot", "web"] }),
    "stopped; terminated because they did not end in time: bot, web"
  ]
]

describe("an event", () => {
  for (const [event, says] of events) {
    it(`An event says: ${says}.`, () => assert.strictEqual(SystemEvent.format(event), says))
  }

  it("An event of a dead letter says it in the words of the error that an ask would have got.", () => {
    const letter = deadLetter(1, {
      actor: "Bot",
      request: "Say",
      reason: new Stopping(),
      sender: "Page",
      senderThread: "web"
    })
    assert.match(SystemEvent.format(letter), /^dead letter: Bot\.Say: the actor is shutting down/)
  })

  it("An event crosses threads as it is.", () => {
    const codec = Schema.toCodecJson(SystemEvent.SystemEvent)
    for (const [event] of events) {
      const wire: unknown = structuredClone(Schema.encodeSync(codec)(event))
      assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(wire), event)
    }
  })
})
