import { assert, describe, it } from "@effect/vitest"
import * as deadlocks from "../../src/main/deadlocks.ts"

/** A handler that waits: where it is, which message it runs (its sender's thread and slot there), and its ask. */
interface Row {
  readonly actor: string
  readonly runs: readonly [sender: string, slot: number]
  /** The slot of the ask, if it has been posted; `true`: its handler runs. */
  readonly asks: readonly [actor: string, slot: number, started: boolean]
  /** The threads that may handle what it asks; that of the actor if not said. */
  readonly candidates?: ReadonlyArray<string>
  readonly depth?: number
  readonly holdsPlace?: boolean
}

/** Actor "X1" lives on thread "X". */
const threadOf = (actor: string): string => actor.slice(0, 1)

const reports = (rows: ReadonlyArray<Row>, places: Readonly<Record<string, number>>): ReadonlyArray<deadlocks.Report> =>
  Array.from(
    new Set([...rows.map(({ actor }) => threadOf(actor)), ...Object.keys(places).map(threadOf)]),
    (thread) => ({
      thread,
      incarnation: 1,
      full: Object.entries(places).flatMap(([actor, places]) => threadOf(actor) === thread ? [{ actor, places }] : []),
      waiting: rows.filter(({ actor }) => threadOf(actor) === thread).map(
        (
          { actor, asks: [asked, slot, started], candidates, depth = 1, holdsPlace = true, runs: [sender, at] },
          id
        ) => ({
          message: id,
          actor,
          holdsPlace,
          sender,
          slot: at,
          ask: {
            id: id + 100,
            actor: asked,
            thread: threadOf(asked),
            candidates: candidates ?? [threadOf(asked)],
            slot,
            started,
            depth
          }
        })
      )
    })
  )

const found = (rows: ReadonlyArray<Row>, places: Readonly<Record<string, number>>) => {
  const stuck = deadlocks.stuck(reports(rows, places))
  return {
    stuck: stuck.map(({ actor }) => actor),
    fails: deadlocks.closing(stuck).map((
      { cycle, waiting }
    ) => [`${waiting.actor} to ${waiting.ask.actor}`, cycle.join()])
  }
}
const nothing = { stuck: [], fails: [] }

const aAsksB: Row = { actor: "A", runs: ["main", 0], asks: ["B", 3, true] }
const bAsksA: Row = { actor: "B", runs: ["A", 3], asks: ["A", 5, false], depth: 2 }

describe("a deadlock", () => {
  it("A message that waits for a place that its own caller has is a deadlock.", () => {
    assert.deepStrictEqual(found([aAsksB, bAsksA], { A: 1, B: 1 }), {
      stuck: ["A", "B"],
      fails: [["B to A", "A,B,A"]]
    })
  })

  it("An actor that asks itself is a deadlock.", () => {
    assert.deepStrictEqual(found([{ actor: "A", runs: ["main", 0], asks: ["A", 1, false] }], { A: 1 }), {
      stuck: ["A"],
      fails: [["A to A", "A,A"]]
    })
  })

  it("Two messages that wait for each other's place are a deadlock, without a chain of callers.", () => {
    const rows: ReadonlyArray<Row> = [
      { actor: "A", runs: ["main", 0], asks: ["B", 1, false] },
      { actor: "B", runs: ["main", 1], asks: ["A", 1, false] }
    ]
    assert.deepStrictEqual(found(rows, { A: 1, B: 1 }), {
      stuck: ["A", "B"],
      fails: [["A to B", "B,A,B"], ["B to A", "A,B,A"]]
    })
  })

  it("An ask that waits for a deadlock, and is no part of it, is not the one to fail.", () => {
    const outside: Row = { actor: "C", runs: ["main", 2], asks: ["A", 7, false], depth: 9 }
    assert.deepStrictEqual(found([outside, aAsksB, bAsksA], { A: 1, B: 1, C: 1 }), {
      stuck: ["C", "A", "B"],
      fails: [["B to A", "A,B,A"]]
    })
  })

  it("Two actors that each wait for two others are two circles.", () => {
    const ask = (actor: string, slot: number, to: string): Row => ({
      actor,
      runs: ["main", slot],
      asks: [to, slot, false]
    })
    const rows = [ask("A", 0, "B"), ask("B", 1, "A"), ask("C", 2, "D"), ask("D", 3, "C")]
    assert.deepStrictEqual(found(rows, { A: 1, B: 1, C: 1, D: 1 }).fails, [
      ["A to B", "B,A,B"],
      ["B to A", "A,B,A"],
      ["C to D", "D,C,D"],
      ["D to C", "C,D,C"]
    ])
  })

  it("A deadlock of many messages is found soon.", () => {
    const places = 500
    const rows = Array.from({ length: 2 * places }, (_, slot): Row => {
      const [actor, to] = slot < places ? ["A", "B"] as const : ["B", "A"] as const
      return { actor, runs: ["main", slot], asks: [to, slot, false] }
    })
    const { fails } = found(rows, { A: places, B: places })
    assert.strictEqual(fails.length, 2 * places)
    assert.deepStrictEqual(new Set(fails.map(([, cycle]) => cycle)), new Set(["B,A,B", "A,B,A"]))
  })

  it("There is no deadlock while a place is free, or taken by a handler that may go on.", () => {
    assert.deepStrictEqual(found([aAsksB, bAsksA], { B: 1 }), nothing)
    assert.deepStrictEqual(found([aAsksB, bAsksA], { A: 2, B: 1 }), nothing)
  })

  it("An actor all of whose places wait for one more is a deadlock.", () => {
    const places = [0, 1].map((slot): Row => ({ actor: "A", runs: ["main", slot], asks: ["A", slot, false] }))
    assert.deepStrictEqual(found(places, { A: 2 }), {
      stuck: ["A", "A"],
      fails: [["A to A", "A,A"], ["A to A", "A,A"]]
    })
    assert.deepStrictEqual(found(places, { A: 3 }), nothing)
  })

  it("There is no deadlock if the message that runs waits for no ask.", () => {
    assert.deepStrictEqual(found([aAsksB], { A: 1, B: 1 }), nothing)
    // Slot 4 is another message of the same two threads.
    assert.deepStrictEqual(found([aAsksB, { ...bAsksA, runs: ["A", 4] }], { A: 1, B: 1 }).stuck, [])
  })

  it("A message that waits for several asks is stuck only if all of them are.", () => {
    const two = (rest: Partial<Row>): ReadonlyArray<Row> => [
      { ...aAsksB, asks: ["B", 3, true] },
      { ...aAsksB, asks: ["C", 4, true], ...rest },
      bAsksA
    ]
    const stuckC: Row = { actor: "C", runs: ["A", 4], asks: ["A", 6, false], depth: 3 }
    assert.deepStrictEqual(found(two({}), { A: 1, B: 1, C: 1 }), nothing)
    assert.deepStrictEqual(found([...two({}), stuckC], { A: 1, B: 1, C: 1 }).fails, [
      ["C to A", "A,C,A"],
      ["B to A", "A,B,A"]
    ])
  })

  it("Several asks of a message take one place.", () => {
    const both = [1, 2].map((slot): Row => ({ actor: "A", runs: ["main", 0], asks: ["A", slot, false] }))
    assert.deepStrictEqual(found(both, { A: 1 }).fails, [["A to A", "A,A"], ["A to A", "A,A"]])
    assert.deepStrictEqual(found(both, { A: 2 }), nothing)
  })

  it("A handler that holds no place is no part of a deadlock.", () => {
    const apart: Row = { actor: "A", runs: ["main", 0], asks: ["A", 1, false], holdsPlace: false }
    assert.deepStrictEqual(found([apart], { A: 1 }), nothing)
  })

  it("Of a deadlock the asks that close a circle fail, the one that most actors wait for first, and none that runs.", () => {
    const rows = (depths: readonly [number, number]): ReadonlyArray<Row> => [
      { actor: "A", runs: ["main", 0], asks: ["B", 1, false], depth: depths[0] },
      { actor: "B", runs: ["main", 1], asks: ["A", 1, false], depth: depths[1] }
    ]
    const fails = (rows: ReadonlyArray<Row>) => found(rows, { A: 1, B: 1 }).fails.map(([ask]) => ask)
    assert.deepStrictEqual(fails(rows([3, 2])), ["A to B", "B to A"])
    assert.deepStrictEqual(fails(rows([2, 3])), ["B to A", "A to B"])
    assert.deepStrictEqual(fails([{ ...aAsksB, depth: 9 }, bAsksA]), ["B to A"])
  })

  it("A circle goes by the message that an ask runs as, not by others at the same actor.", () => {
    const rows: ReadonlyArray<Row> = [
      { actor: "A", runs: ["main", 0], asks: ["B", 1, true] },
      { actor: "B", runs: ["A", 1], asks: ["C", 1, false], depth: 2 },
      { actor: "C", runs: ["main", 1], asks: ["A", 1, false], depth: 3 },
      // Nobody waits for it, so that failing its ask would free nobody.
      { actor: "B", runs: ["main", 2], asks: ["A", 2, false], depth: 9 }
    ]
    assert.deepStrictEqual(found(rows, { A: 1, B: 2, C: 1 }).fails, [["C to A", "A,B,C,A"], ["B to C", "C,A,B,C"]])
  })

  it("A circle goes by the messages that hold a place, where one waits for a place.", () => {
    const rows: ReadonlyArray<Row> = [
      { actor: "A", runs: ["main", 0], asks: ["B", 1, false], depth: 1 },
      { actor: "B", runs: ["main", 1], asks: ["A", 1, false], depth: 2 },
      { actor: "C", runs: ["main", 2], asks: ["A", 2, false], depth: 8 },
      { actor: "A", runs: ["main", 3], asks: ["C", 1, false], depth: 9, holdsPlace: false }
    ]
    assert.deepStrictEqual(found(rows, { A: 1, B: 1, C: 1 }).fails, [["B to A", "A,B,A"], ["A to B", "B,A,B"]])
  })

  it("A deadlock is made only of messages that the round before has seen, too.", () => {
    const seen = new Set(deadlocks.stuck(reports([aAsksB, bAsksA], { A: 1, B: 1 })).map(deadlocks.identity))
    const again = (incarnation: number) =>
      deadlocks.stuck(
        reports([aAsksB, bAsksA], { A: 1, B: 1 }).map((report) => ({ ...report, incarnation })),
        (waiting) => seen.has(deadlocks.identity(waiting))
      )
    assert.strictEqual(again(1).length, 2)
    assert.strictEqual(again(2).length, 0)
  })
})
