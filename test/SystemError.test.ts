import { assert, describe, it } from "@effect/vitest"
import * as ExitCause from "../src/ExitCause.ts"
import { GaveUp, InvalidSystem, StartFailed, UnknownThread } from "../src/SystemError.ts"

const failed = ExitCause.BuildFailed.make({ actor: "Bot", message: "no token", stack: "at bot.ts" })

describe("a SystemError", () => {
  it("InvalidSystem lists every problem on a line of its own, and says that nothing was started.", () => {
    assert.strictEqual(
      new InvalidSystem({ problems: ["threads.a: one", "module: two"] }).message,
      "the system is declared wrongly, nothing was started:\n  - threads.a: one\n  - module: two"
    )
  })

  it("StartFailed names the thread, the actor and the cause.", () => {
    assert.strictEqual(
      new StartFailed({ thread: "bot", cause: failed }).message,
      "thread \"bot\" did not start: Bot could not be built: no token"
    )
  })

  it("GaveUp names the thread, counts its failures and ends with the last cause.", () => {
    assert.strictEqual(
      new GaveUp({ thread: "bot", failures: 6, cause: failed }).message,
      "gave up on thread \"bot\" after 6 failures without a stable run between: Bot could not be built: no token"
    )
    assert.include(new GaveUp({ thread: "bot", failures: 1, cause: failed }).message, "after 1 failure without")
  })

  it("UnknownThread lists the threads there are.", () => {
    assert.strictEqual(
      new UnknownThread({ name: "bto", known: ["bot", "web"] }).message,
      "no thread is named \"bto\"; the threads are bot, web"
    )
  })
})
