import { assert, beforeEach, describe, it, vi } from "@effect/vitest"

const nextCheckPhase = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A clock that stands still until the test moves it. */
const clock = { millis: 0 }

describe("the check phase", () => {
  beforeEach(() => {
    vi.resetModules()
    vi.spyOn(performance, "now").mockImplementation(() => clock.millis)
    return () => vi.restoreAllMocks()
  })

  const journal = () => {
    const lines: Array<string> = []
    return { lines, note: (line: string) => (): void => void lines.push(line) }
  }

  it("The check phase comes after all microtasks, once for all callbacks, in their order.", async () => {
    const { inCheckPhase } = await import("../../src/loop/checkPhase.ts")
    const { lines, note } = journal()
    inCheckPhase(note("first"))
    await Promise.resolve()
    inCheckPhase(note("second"))
    assert.deepStrictEqual(lines, [])
    await nextCheckPhase()
    assert.deepStrictEqual(lines, ["first", "second"])
    inCheckPhase(note("third"))
    assert.deepStrictEqual(lines, ["first", "second"])
    await nextCheckPhase()
    assert.deepStrictEqual(lines, ["first", "second", "third"])
  })

  it("The check phase is not waited for when a callback has blocked the thread before it came.", async () => {
    const { inCheckPhase } = await import("../../src/loop/checkPhase.ts")
    const { lines, note } = journal()
    inCheckPhase(note("late"))
    clock.millis += 20
    assert.deepStrictEqual(lines, [])
    await nextCheckPhase()
    inCheckPhase(note("at once"))
    assert.deepStrictEqual(lines, ["late", "at once"])
  })

  it("The check phase is waited for again when the time before it was spent on messages.", async () => {
    const { inCheckPhase, noteDelivery } = await import("../../src/loop/checkPhase.ts")
    const { lines, note } = journal()
    inCheckPhase(note("first"))
    clock.millis += 20
    noteDelivery()
    await nextCheckPhase()
    inCheckPhase(note("second"))
    assert.deepStrictEqual(lines, ["first"])
    await nextCheckPhase()
    assert.deepStrictEqual(lines, ["first", "second"])
  })
})
