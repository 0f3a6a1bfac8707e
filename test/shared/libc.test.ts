import { assert, describe, it } from "@effect/vitest"
import { problem, problemOn } from "../../src/shared/libc.ts"

const here = { platform: "linux", node: "26.10.0", hasFfi: true, mayUseFfi: true }

describe("the functions of the C library", () => {
  it("Where they are missing, one sentence says what is needed.", () => {
    assert.isUndefined(problemOn(here))
    assert.strictEqual(problemOn({ ...here, platform: "darwin" }), "needs Linux, and this is darwin")
    assert.strictEqual(problemOn({ ...here, node: "24.21.0" }), "needs Node 26 or later, and this is Node 24.21.0")
    assert.strictEqual(problemOn({ ...here, hasFfi: false }), "needs node:ffi, which this build of Node lacks")
    assert.strictEqual(
      problemOn({ ...here, mayUseFfi: false }),
      "needs node:ffi, which --permission forbids: add --allow-ffi"
    )
  })

  it("They are there on Linux from Node 26 on.", () => {
    const isNew = Number.parseInt(process.versions.node) >= 26
    assert.strictEqual(problem() === undefined, process.platform === "linux" && isNew)
  })
})
