import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  ActorError,
  Crashed,
  MailboxFull,
  NotRunning,
  NotSendable,
  type Reason,
  Restarting,
  Stopping,
  TimedOut
} from "../src/ActorError.ts"
import * as ExitCause from "../src/ExitCause.ts"

const boom = ExitCause.Thrown.make({ name: "TypeError", message: "boom", stack: "" })

/** Each reason: what happened, and what to do about it. */
const reasons: ReadonlyArray<readonly [reason: Reason, happened: RegExp, advice: RegExp]> = [
  [
    new NotRunning({ why: "thread \"bot\" was stopped", known: ["Bot", "Web"] }),
    /thread "bot" was stopped/,
    /once the actor runs.*Bot, Web\.$/
  ],
  [
    new Restarting({ afterMillis: 5000 }),
    /still restarting after 5000 ms/,
    /send it again, or allow more time with \{ timeout \}/
  ],
  [new Crashed({ handled: "maybe", cause: boom }), /message in hand \(TypeError: boom\)/, /only if it may run twice/],
  [
    new Crashed({ handled: "no", cause: boom }),
    /crashed \(TypeError: boom\) before the message ran/,
    /again with new data/
  ],
  [new Stopping(), /shutting down/, /send it again once/],
  [
    new MailboxFull({ capacity: 7 }),
    /holds 7 messages/,
    /send less, or declare a larger mailbox or overflow: "suspend"/
  ],
  [
    new TimedOut({ handled: "no", afterMillis: 250, cycle: [] }),
    /within 250 ms.*withdrawn/,
    /more time with \{ timeout \}/
  ],
  [
    new TimedOut({ handled: "maybe", afterMillis: 250, cycle: [] }),
    /within 250 ms.*interrupted/,
    /only if it may run twice/
  ],
  [
    new TimedOut({ handled: "maybe", afterMillis: 5, cycle: ["Bot", "Web", "Bot"] }),
    /wait for each other \(Bot -> Web -> Bot\)/,
    /\{ discard: true \}, Rpc\.fork or a higher concurrency/
  ],
  [
    new NotSendable({ handled: "no", detail: "the payload is bad." }),
    /the payload is bad\./,
    /sent again as it is, it fails again/
  ]
]

describe("an ActorError", () => {
  for (const [reason, happened, advice] of reasons) {
    it(`${reason._tag}/${reason.handled} says to whom, which message, what happened, whether it ran, what to do`, () => {
      const error = new ActorError({ actor: "Bot", request: "Say", reason })
      assert.match(error.message, /^Bot\.Say: /)
      assert.match(error.message, happened)
      assert.match(error.message, advice)
      if (reason._tag !== "TimedOut" || reason.cycle.length === 0) {
        const ran = reason.handled === "maybe" ? /may have run/ : /did not run|before the message ran|had not started/
        assert.match(error.message, ran)
      }
      assert.notMatch(error.message, /undefined|\[object|\.\.|  /)
      assert.match(error.message, /\.$/)
      assert.notInclude(error.message, "\n")
    })
  }

  it("is caught by its reason", () => {
    const failing = Effect.fail(new ActorError({ actor: "Bot", request: "Say", reason: new Stopping() }))
    const caught = failing.pipe(Effect.catchReason("ActorError", "Stopping", () => Effect.succeed("stopping")))
    assert.strictEqual(Effect.runSync(Effect.orDie(caught)), "stopping")
  })

  it("that surely did not run says no", () => {
    for (const [reason] of reasons) {
      if (["NotRunning", "Restarting", "Stopping", "MailboxFull"].includes(reason._tag)) {
        assert.strictEqual(reason.handled, "no")
      }
    }
  })
})
