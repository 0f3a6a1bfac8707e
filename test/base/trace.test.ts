import { assert, describe, it } from "@effect/vitest"
import * as trace from "../../src/base/trace.ts"
import { CallSites } from "../../src/link/callSites.ts"

const remote = `Torn: page 7 is torn
    at tearPage (/app/BookLayer.ts:12:11)
    at Generator.next (<anonymous>)
    at FiberImpl.runLoop (file:///app/node_modules/effect/dist/internal/effect.js:694:41)
    at node:internal/main/worker_thread:232:26`

describe("Stacks over several threads", () => {
  it("Frames of libraries are left out.", () => {
    assert.strictEqual(trace.ofProgram(remote), "Torn: page 7 is torn\n    at tearPage (/app/BookLayer.ts:12:11)")
  })

  it("The caller's frames come after those of the actor, once for each thread on the way.", () => {
    const error = new Error("page 7 is torn")
    trace.setStack(error, trace.ofProgram(remote))
    trace.addCaller(error, { stack: "Error\n    at middle (/app/Middle.ts:1:1)" })
    trace.addCaller(error, { stack: "Error\n    at main (/app/main.ts:2:2)\n    at Generator.next (<anonymous>)" })
    assert.strictEqual(
      error.stack,
      `Torn: page 7 is torn
    at tearPage (/app/BookLayer.ts:12:11)
    --- asked for by ---
    at middle (/app/Middle.ts:1:1)
    --- asked for by ---
    at main (/app/main.ts:2:2)`
    )
  })

  it("What is no error stays as it is, and what is frozen does no harm.", () => {
    const frozen = Object.freeze(new Error("frozen"))
    for (const value of ["text", undefined, { stack: 1 }, frozen]) {
      trace.addCaller(value, { stack: "Error\n    at a (/b.ts:1:1)" })
    }
    assert.strictEqual(trace.stackOf({ stack: "Error" }), "")
  })

  it("A stack is limited, however long it was.", () => {
    assert.isAtMost(trace.ofProgram(`Error: ${"x".repeat(100_000)}`).length, 8192)
  })

  it("The place of a call is noted for the first thousand calls, and again after a failure.", () => {
    const sites = new CallSites()
    const call = () => sites.note(call)
    assert.include(call()?.stack, "trace.test.ts")
    for (let count = 1; count < 1000; count++) assert.isDefined(call())
    assert.isUndefined(call())
    sites.renew()
    assert.isDefined(call())
  })
})
