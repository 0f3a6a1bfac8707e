import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Writer } from "../../src/wire/batch.ts"
import { Reader } from "../../src/wire/batchReader.ts"
import type { Chain, Frame, SpanRef } from "../../src/wire/frame.ts"
import type { Batch } from "../../src/wire/headers.ts"
import { cloned, json, make, plain, type ValueFormat } from "../../src/wire/valueFormat.ts"

const struct = make({ fields: [["id", "plain"], ["text", "plain"]] })
const structs = make({ each: { fields: [["id", "plain"]] } })
const chain: Chain = ["A", "B"]
const nobody: Chain = []
const span: SpanRef = ["trace", "span", true]

/** A writer, and what a reader of all its batches gets. */
const pair = () => {
  const [writer, reader] = [new Writer(), new Reader()]
  return {
    writer,
    read(): ReadonlyArray<Frame> {
      const frames: Array<Frame> = []
      reader.read(structuredClone(writer.take().parts), (frame) => frames.push(frame))
      return frames
    }
  }
}

const frames: ReadonlyArray<readonly [Frame, ValueFormat]> = [
  [["ask", 1, 0, "Hello", { id: 7, text: "a" }, [], null], struct],
  [["ask", 2, 1, "Hello", { id: 8, text: "b" }, chain, span], struct],
  [["tell", 3, 0, "Hello", { id: 9, text: "c" }, chain, null], struct],
  [["ask", 5, 0, "Hello", { id: 1, text: "d" }, [], null, ["Asker", { user: "Ada" }]], struct],
  [["ask", 6, 0, "Hello", { id: 2, text: "e" }, [], null], struct],
  [["tell", 7, 0, "Hello", { id: 3, text: "f" }, chain, span, ["main", {}]], struct],
  [["cancel", 1], plain],
  [["open", 4, 0, "Ticks", "now", [], null], plain],
  [["pull", 4, 64, 60], plain],
  [["circle", 3, ["A", "B", "A"]], plain],
  [["done", 1, "success", { id: 7, text: "a" }], struct],
  [["done", 2, "error", { _tag: "Refused" }], json],
  [["done", 3, "failed", { _tag: "Stopping" }], json],
  [["chunk", 4, [{ id: 1 }, { id: 2 }]], structs],
  [["chunk", 4, []], structs],
  [["resume", 3], plain]
]

describe("a batch", () => {
  it("A batch brings every kind of frame, again and again, in order.", () => {
    const { read, writer } = pair()
    for (let round = 0; round < 3; round++) {
      for (const [frame, how] of frames) assert.isTrue(writer.add(frame, how))
      assert.isAtLeast(writer.length, 2 * frames.length)
      assert.deepStrictEqual(read(), frames.map(([frame]) => frame))
      assert.strictEqual(writer.length, 0)
    }
  })

  it("A batch says a header once, and from then on only slots and values.", () => {
    const { read, writer } = pair()
    const say = () => {
      writer.add(["ask", 5, 0, "Hello", { id: 7, text: "a" }, chain, null], struct)
      return writer.take().parts.length
    }
    const first = say()
    assert.isAbove(first, 4)
    assert.strictEqual(say(), 4)
    writer.add(["ask", 6, 0, "Hello", { id: 7, text: "a" }, ["A", "B"], null], struct)
    assert.strictEqual(writer.take().parts.length, first, "another chain is another header")
    assert.deepStrictEqual(read(), [])
  })

  it("Of frames whose slots follow each other, a batch says only the values.", () => {
    const { read, writer } = pair()
    const tell = (slot: number): Frame => ["tell", slot, 0, "Hello", slot, nobody, null]
    const add = (frames: ReadonlyArray<Frame>): number => {
      for (const frame of frames) writer.add(frame, plain)
      return writer.length
    }
    add([tell(0)])
    read()
    const alone = add([tell(1)])
    read()
    const run = Array.from({ length: 8000 }, (_, index) => tell(100 + index))
    for (let round = 0; round < 2; round++) {
      assert.strictEqual(add(run), alone + run.length - 1)
      assert.deepStrictEqual(read(), run)
    }
    assert.strictEqual(add([tell(1), tell(3)]), 2 * alone)
  })

  it("A batch brings what was added and nothing else, whatever follows what.", () => {
    const step = fc.record({
      what: fc.constantFrom("ask", "tell", "done", "cancel", "chunk", "unwritable", "take"),
      next: fc.boolean(),
      spanned: fc.integer({ max: 9 }).map((n) => n === 9)
    })
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { read, writer } = pair()
      const added: Array<Frame> = []
      const came: Array<Frame> = []
      let slot = 0
      const add = (frame: Frame, how: ValueFormat) => {
        if (writer.add(frame, how)) added.push(frame)
      }
      for (const { next, spanned, what } of steps) {
        slot = next ? slot + 1 : slot + 7
        const by = spanned ? span : null
        if (what === "take") came.push(...read())
        else if (what === "cancel") add(["cancel", slot], plain)
        else if (what === "chunk") add(["chunk", slot, [{ id: slot }]], structs)
        else if (what === "done") add(["done", slot, "success", slot], plain)
        else if (what === "unwritable") add(["tell", slot, 0, "Other", 2n, nobody, by], json)
        else add([what, slot, 0, "Hello", slot, nobody, by], plain)
      }
      came.push(...read())
      assert.deepStrictEqual(came, added)
    }))
  })

  it("A batch gives a span to the request that it was said for, and to no other.", () => {
    const { read, writer } = pair()
    writer.add(["tell", 1, 0, "Hello", "a", [], span], plain)
    writer.add(["tell", 2, 0, "Hello", "b", [], null], plain)
    assert.deepStrictEqual(read().map((frame) => frame[6]), [span, null])
    assert.isFalse(writer.add(["tell", 4, 0, "Hello", 2n, [], span], json))
    writer.add(["tell", 5, 0, "Hello", "c", [], null], plain)
    assert.deepStrictEqual(read().map((frame) => frame[6]), [null], "what was not added has left nothing behind")
  })

  it("A batch leaves out a frame whose value can't be written, and keeps all others.", () => {
    const { read, writer } = pair()
    assert.isTrue(writer.add(["tell", 1, 0, "Hello", { id: 1, text: "a" }], struct))
    assert.isFalse(writer.add(["tell", 2, 0, "Hello", null], struct))
    assert.isFalse(writer.add(["chunk", 3, [{ id: 1 }, undefined]], structs))
    assert.isFalse(writer.add(["done", 4, "success", { id: 1, big: 2n }], json))
    assert.isTrue(writer.add(["tell", 5, 0, "Hello", { id: 1, text: "b" }], struct))
    assert.deepStrictEqual(read().map(([, slot]) => slot), [1, 5])
  })

  it("A frame goes alone, after what was added before; what it defines is defined even if it does not arrive.", () => {
    const { writer } = pair()
    const reader = new Reader()
    const slots: Array<unknown> = []
    const deliver = (batch: Batch): void =>
      reader.read(structuredClone(batch), (frame) => slots.push([frame[1], frame[4]]))
    writer.add(["tell", 1, 0, "Hello", "a", nobody, null], plain)
    const lost = writer.takeApart(["tell", 2, 0, "Hello", () => {}, nobody, span], cloned, [])
    deliver(lost.before.parts)
    assert.throws(() => structuredClone(lost.alone.parts))
    for (const [slot, value] of [[3, new Uint8Array(2)], [4, 2n]] as const) {
      const { alone, before } = writer.takeApart(["tell", slot, 0, "Hello", value, nobody, null], cloned, [])
      assert.deepStrictEqual(before.parts, [])
      deliver(alone.parts)
    }
    const strange = writer.takeApart(["tell", 5, 1, "Hello", 2n, [], null], json, [])
    deliver(strange.before.parts)
    deliver(strange.alone.parts)
    assert.deepStrictEqual(slots, [[1, "a"], [3, new Uint8Array(2)], [4, 2n], [5, 2n]])
    assert.deepStrictEqual(writer.take(), { parts: [], moved: [] })
  })

  it("A batch may use more headers than are kept.", () => {
    const { read, writer } = pair()
    for (let round = 0; round < 2; round++) {
      const sent = Array.from({ length: 5000 }, (_, n): Frame => ["tell", n, 0, `Tag ${n}`, n, [], null])
      for (const frame of sent) writer.add(frame, plain)
      assert.deepStrictEqual(read(), sent)
    }
  })

  it("What is no batch is refused.", () => {
    assert.throws(() => new Reader().read([99, 0, 0], () => {}), "a header that nobody has defined")
    assert.throws(() => new Reader().read(["ask", 0], () => {}), "a number was expected")
  })
})
