import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  ActorError,
  Crashed,
  isActorError,
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
  [
    new Restarting({ afterMillis: 5000, starting: true }),
    /had not started yet after 5000 ms/,
    /send it again, or allow more time with \{ timeout \}/
  ],
  [
    new Crashed({ handled: "maybe", cause: boom }),
    /handled the message \(TypeError: boom\)/,
    /only if it may run twice/
  ],
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
    new TimedOut({ handled: "maybe", afterMillis: 50, cycle: ["Bot", "Bot"], deadlock: true }),
    /deadlock: no answer can ever come.*wait for each other \(Bot -> Bot\)/,
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
    it(`An ActorError ${reason._tag}/${reason.handled} says to whom, which message, what happened, whether it ran, what to do.`, () => {
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

  it("An ActorError is caught by its reason.", () => {
    const failing = Effect.fail(new ActorError({ actor: "Bot", request: "Say", reason: new Stopping() }))
    const caught = failing.pipe(Effect.catchReason("ActorError", "Stopping", () => Effect.succeed("stopping")))
    assert.strictEqual(Effect.runSync(Effect.orDie(caught)), "stopping")
  })

  it("An ActorError is retryable if it did not run and a later try can help.", () => {
    const retryable = (reason: Reason) => new ActorError({ actor: "Bot", request: "Say", reason }).retryable
    assert.isTrue(retryable(new Restarting({ afterMillis: 5 })))
    assert.isTrue(retryable(new MailboxFull({ capacity: 7 })))
    assert.isTrue(retryable(new Stopping()))
    assert.isTrue(retryable(new TimedOut({ handled: "no", afterMillis: 5, cycle: [] })))
    assert.isFalse(retryable(new TimedOut({ handled: "maybe", afterMillis: 5, cycle: [] })))
    assert.isFalse(retryable(new TimedOut({ handled: "no", afterMillis: 5, cycle: ["A", "A"], deadlock: true })))
    assert.isFalse(retryable(new NotRunning({ why: "it was stopped", known: [] })))
    assert.isFalse(retryable(new NotSendable({ handled: "no", detail: "bad." })))
    assert.isFalse(retryable(new Crashed({ handled: "no", cause: boom })))
    assert.isFalse(retryable(new Crashed({ handled: "maybe", cause: boom })))
    for (const [reason] of reasons) if (retryable(reason)) assert.strictEqual(reason.handled, "no")
  })

  it("An ActorError is told from everything else.", () => {
    const error: unknown = new ActorError({ actor: "Bot", request: "Say", reason: new Stopping() })
    assert.isTrue(isActorError(error))
    for (const other of [undefined, null, "ActorError", { _tag: "ActorError" }, new Error("no"), new Stopping()]) {
      assert.isFalse(isActorError(other))
    }
  })

  it("An ActorError that surely did not run says no.", () => {
    for (const [reason] of reasons) {
      if (["NotRunning", "Restarting", "Stopping", "MailboxFull"].includes(reason._tag)) {
        assert.strictEqual(reason.handled, "no")
      }
    }
  })
})
