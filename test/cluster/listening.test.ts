import { assert, describe, it } from "@effect/vitest"
import { problemOf } from "../../src/cluster/listening.ts"

/** As the layers of a socket server wrap what Node says. */
const wrapped = (code: string): unknown => ({ reason: { cause: Object.assign(new Error(`listen ${code}`), { code }) } })

describe("why a machine can't listen", () => {
  it.each([
    ["EADDRINUSE", "another process does; end it, or give this machine another cluster.address"],
    [
      "EADDRNOTAVAIL",
      "that is no address of this computer; declare where it listens, such as cluster.listen \"0.0.0.0:7400\""
    ],
    ["EACCES", "this user may not; declare a port of 1024 or more"],
    [
      "ENOTFOUND",
      "this computer does not know that name; declare where it listens, such as cluster.listen \"0.0.0.0:7400\""
    ]
  ])("N4: Of %s it is said what to do.", (code, advice) => {
    assert.strictEqual(
      problemOf({ host: "10.0.0.7", port: 7400 }, wrapped(code)),
      `can't listen at 10.0.0.7:7400: ${advice} (listen ${code})`
    )
  })

  it("N4: What is not known is said as Node says it.", () => {
    assert.strictEqual(problemOf({ host: "::1", port: 7400 }, new Error("odd")), "can't listen at [::1]:7400 (odd)")
  })
})
