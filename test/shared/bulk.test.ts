import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bulkBytes, type Part, Receiving, Sending } from "../../src/shared/bulk.ts"

const folder = mkdtempSync(join(tmpdir(), "heddle-bulk-"))
let fd = -1
beforeAll(() => {
  fd = openSync(join(folder, "memory"), "w+")
})
afterAll(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

const partOf = (fd: number): Part => ({ fd, offset: 4096, taken: new Int32Array(new SharedArrayBuffer(4)) })

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

/** Puts so many sixteenths of all that there is room for; takes the oldest; or takes the youngest back. */
const moves = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ _tag: fc.constant("put" as const), sixteenths: fc.integer({ min: 1, max: 17 }) })
    },
    { weight: 3, arbitrary: fc.constant({ _tag: "take" as const }) },
    { weight: 1, arbitrary: fc.constant({ _tag: "undo" as const }) }
  ),
  { maxLength: 20 }
)

interface Sent {
  readonly from: number
  readonly length: number
  readonly value: number
}

/** What the bytes would lie over. */
const overlaps = (sent: ReadonlyArray<Sent>, { from, length }: Sent): boolean =>
  sent.some((other) => from < other.from + other.length && other.from < from + length)

describe("large values on their way to another process", () => {
  it("What was put is taken as it was, in order, whatever else is put, taken and taken back meanwhile.", () => {
    fc.assert(
      fc.property(moves, (moves) => {
        const part = partOf(fd)
        const sending = new Sending(part)
        const receiving = new Receiving(part)
        const sent: Array<Sent> = []
        let value = 0
        for (const move of moves) {
          if (move._tag === "put") {
            const length = move.sixteenths * bulkBytes / 16
            const from = sending.put(filled(length, ++value & 255))
            if (from === undefined) continue
            const next = { from, length, value: value & 255 }
            assert.isAtMost(from + length, bulkBytes)
            assert.isFalse(overlaps(sent, next))
            sent.push(next)
          } else if (move._tag === "undo") {
            if (sent.pop() !== undefined) sending.undo(1)
          } else {
            const first = sent.shift()
            if (first === undefined) continue
            const bytes = Buffer.from(receiving.take(first.from, first.length))
            assert.isTrue(bytes.equals(filled(first.length, first.value)))
          }
        }
        for (const { from, length, value } of sent) {
          assert.isTrue(Buffer.from(receiving.take(from, length)).equals(filled(length, value)))
        }
        assert.strictEqual(sending.put(filled(bulkBytes, 1)), 0, "all of it is free again")
      }),
      { numRuns: 20 }
    )
  })

  it("There is no room for more than all of it, nor while what was put before is not taken.", () => {
    const part = partOf(fd)
    const sending = new Sending(part)
    assert.isUndefined(sending.put(filled(bulkBytes + 1, 1)))
    assert.strictEqual(sending.put(filled(bulkBytes, 1)), 0)
    assert.isUndefined(sending.put(filled(1, 2)))
    new Receiving(part).take(0, bulkBytes)
    assert.strictEqual(sending.put(filled(1, 2)), 0)
  })

  it("The count of what was taken may go round.", () => {
    const part = partOf(fd)
    part.taken[0] = 2 ** 31 - 2
    const sending = new Sending(part)
    const receiving = new Receiving(part)
    for (let value = 0; value < 5; value++) {
      const from = sending.put(filled(10, value)) ?? -1
      assert.strictEqual(from, 0)
      assert.deepStrictEqual(new Uint8Array(receiving.take(from, 10)), filled(10, value))
    }
  })

  it("A file that can't be written has no room.", () => {
    assert.isUndefined(new Sending(partOf(9999)).put(filled(10, 1)))
  })

  it("What is not there is an error, and no other value.", () => {
    assert.throws(
      () => new Receiving({ ...partOf(fd), offset: 2 ** 40 }).take(0, 10),
      "10 bytes of a message can't be read"
    )
  })
})
