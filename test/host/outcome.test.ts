import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import { ActorError } from "heddle"
import { judge } from "../../src/host/outcome.ts"

const message = { actor: "Counter", withheld: false, isTell: false }

/** What an ask fails with when it is part of a deadlock, or only late. */
const timedOut = (deadlock: boolean): ActorError.ActorError =>
  new ActorError.ActorError({
    actor: "Other",
    request: "Ask",
    reason: new ActorError.TimedOut({ handled: "no", afterMillis: 5000, cycle: ["Counter", "Other"], deadlock })
  })

describe("The outcome of a message", () => {
  it("An error that the protocol declares is the answer, and the message is handled.", () => {
    assert.deepStrictEqual(judge(message, Cause.fail("full")), {
      answer: { _tag: "Error", error: "full" },
      counts: "handled"
    })
  })

  it("A defect is answered with Crashed, counted as failed, and ends the actor.", () => {
    const cause = Cause.die(new Error("a bug"))
    const { answer, counts, defect } = judge(message, cause)
    assert.strictEqual(counts, "failed")
    assert.strictEqual(defect, cause)
    assert.strictEqual(answer._tag, "Failed")
    if (answer._tag !== "Failed" || answer.reason._tag !== "Crashed") return assert.fail("it did not crash")
    assert.strictEqual(answer.reason.handled, "maybe")
    assert.strictEqual(answer.reason.cause._tag, "Defect")
  })

  it("Something that can't be read is a defect as well.", () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const { answer, counts } = judge(message, Cause.die(proxy))
    assert.strictEqual(counts, "failed")
    assert.strictEqual(answer._tag === "Failed" ? answer.reason._tag : "", "Crashed")
  })

  it("A handler that several branches have died of one deadlock in is part of it.", () => {
    const { answer, counts } = judge(message, Cause.combine(Cause.die(timedOut(true)), Cause.die(timedOut(true))))
    assert.strictEqual(counts, "neither")
    assert.deepInclude(answer._tag === "Failed" ? answer.reason : {}, { deadlock: true })
  })

  it("A defect outweighs an error that came with it.", () => {
    const { answer, counts } = judge(message, Cause.combine(Cause.fail("full"), Cause.die("a bug")))
    assert.strictEqual(answer._tag, "Failed")
    assert.strictEqual(counts, "failed")
  })

  it("An interruption is neither handled nor failed, and the actor goes on.", () => {
    const outcome = judge(message, Cause.interrupt())
    assert.strictEqual(outcome.counts, "neither")
    assert.isFalse("defect" in outcome)
    assert.strictEqual(outcome.answer._tag, "Failed")
  })

  for (const [what, isTell] of [["an ask", false], ["a tell", true]] as const) {
    it(`An interruption in the middleware of ${what} rejects the message.`, () => {
      const { answer, counts } = judge({ ...message, withheld: true, isTell }, Cause.interrupt())
      assert.strictEqual(counts, "neither")
      assert.isTrue(answer._tag === "Failed" && answer.reason._tag === "Rejected")
    })
  }

  it("An error of the middleware is an ask's answer, and a tell's rejection with the error's words.", () => {
    const cause = Cause.fail(new Error("no key"))
    assert.strictEqual(judge({ ...message, withheld: true }, cause).answer._tag, "Error")
    const { answer, counts } = judge({ ...message, withheld: true, isTell: true }, cause)
    assert.strictEqual(counts, "neither")
    assert.isTrue(
      answer._tag === "Failed" && answer.reason._tag === "Rejected" && answer.reason.detail.includes("no key")
    )
  })

  it("A defect of the middleware ends the actor like one of the handler.", () => {
    assert.strictEqual(judge({ ...message, withheld: true, isTell: true }, Cause.die("a bug")).counts, "failed")
  })

  it("A deadlock that the handler died of is the answer, and the actor goes on.", () => {
    const died = timedOut(true)
    for (const cause of [Cause.die(died), Cause.combine(Cause.die(died), Cause.interrupt())]) {
      const outcome = judge(message, cause)
      assert.deepStrictEqual(outcome, { answer: { _tag: "Failed", reason: died.reason }, counts: "neither" })
    }
  })

  it("A handler that died of something else, or of more than a deadlock, has a defect.", () => {
    const deadlock = Cause.die(timedOut(true))
    for (const cause of [Cause.die(timedOut(false)), Cause.combine(deadlock, Cause.die("a bug")), Cause.die("a bug")]) {
      assert.strictEqual(judge(message, cause).counts, "failed")
    }
    assert.strictEqual(judge(message, Cause.fail(timedOut(true))).counts, "handled")
  })
})
