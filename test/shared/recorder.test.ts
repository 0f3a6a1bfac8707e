import { assert, describe, it } from "@effect/vitest"
import * as recorder from "../../src/shared/recorder.ts"

describe("a recorder", () => {
  it("Others read the last records that one has written, in order, however often it has gone round.", () => {
    const memory = recorder.allocate()
    const [own, other] = [recorder.make(memory), recorder.make(memory)]
    assert.deepStrictEqual(other.read(10), [])
    let written = 0
    for (let round = 0; round < 20_000; round++) own.write(`${written++} ${"ä".repeat(round % 100)}`)
    const read = other.read(50)
    assert.deepStrictEqual(
      read.map((record) => Number(record.split(" ")[0])),
      Array.from({ length: 50 }, (_, at) => at + 19_950)
    )
    assert.isTrue(read.every((record) => /^\d+ ä*$/.test(record)))
  })

  it("A long record is cut, and takes the place of as many as it needs.", () => {
    const own = recorder.make(recorder.allocate())
    for (let count = 0; count < 100; count++) own.write("x".repeat(10_000))
    assert.deepStrictEqual(new Set(own.read(100).map(({ length }) => length)), new Set([4096]))
    assert.isAtLeast(own.read(100).length, 15)
  })
})
