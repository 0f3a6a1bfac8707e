import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Lane, Lanes } from "../../src/host/lanes.ts"

interface Message {
  readonly n: number
  readonly key: string
  readonly isAlone: boolean
}

type Lanes_ = Lanes<Message, string>

const make = (): Lanes_ => new Lanes<Message, string>(({ isAlone }) => isAlone)

/** Starts what may start. */
const start = (lanes: Lanes_): ReadonlyArray<Message> => {
  const started: Array<Message> = []
  for (let lane = lanes.next(); lane !== undefined; lane = lanes.next()) {
    const message = lanes.shift(lane)
    assert.isDefined(message, "a lane that is listed has a message")
    lane.running++
    lanes.list(lane)
    if (message !== undefined) started.push(message)
  }
  return started
}

type Move =
  | { readonly _tag: "push"; readonly key: string; readonly isAlone: boolean }
  | { readonly _tag: "open"; readonly key: string; readonly places: number }
  | { readonly _tag: "release" | "sift" | "drop"; readonly key: string; readonly which: number }
  | { readonly _tag: "clear" | "start" }

const key = fc.constantFrom("a", "b", "c", "")
const moves: fc.Arbitrary<ReadonlyArray<Move>> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ _tag: fc.constant("push" as const), key, isAlone: fc.nat(9).map((n) => n === 0) })
    },
    { weight: 3, arbitrary: fc.record({ _tag: fc.constant("open" as const), key, places: fc.nat(3) }) },
    {
      weight: 6,
      arbitrary: fc.record({
        _tag: fc.constantFrom(
          "release" as const,
          "release" as const,
          "release" as const,
          "sift" as const,
          "drop" as const
        ),
        key,
        which: fc.nat(5)
      })
    },
    {
      weight: 5,
      arbitrary: fc.record({
        _tag: fc.constantFrom("start" as const, "start" as const, "start" as const, "clear" as const)
      })
    }
  ),
  { maxLength: 300 }
)

/** What lanes are by definition: a list for each key. */
class Model {
  readonly waiting = new Map<string, Array<Message>>()
  readonly running = new Map<string, number>()
  readonly places = new Map<string, number>()

  of(key: string): Array<Message> {
    const list = this.waiting.get(key) ?? []
    this.waiting.set(key, list)
    return list
  }

  /** Starts a message that was said to start: it has to be the first of its key, with a place free. */
  start({ isAlone, key, n }: Message): void {
    const running = this.running.get(key) ?? 0
    assert.strictEqual(this.of(key).shift()?.n, n, "messages of a key start in order")
    assert.isBelow(running, this.places.get(key) ?? 0)
    if (isAlone) assert.strictEqual(running, 0, "it starts alone")
    this.running.set(key, running + 1)
  }

  /** Nothing is left that could start. */
  checkStarted(): void {
    for (const [key, [first]] of this.waiting) {
      if (first === undefined) continue
      const running = this.running.get(key) ?? 0
      const may = running < (this.places.get(key) ?? 0) && (!first.isAlone || running === 0)
      assert.isFalse(may, `a message of "${key}" may start and did not`)
    }
  }

  get size(): number {
    return Array.from(this.waiting.values()).reduce((sum, list) => sum + list.length, 0)
  }
}

describe("The lanes of a mailbox", () => {
  it("K2: They start the messages of each key in order, as many at a time as it allows, and leave none that may start.", () => {
    fc.assert(fc.property(moves, (moves) => {
      const lanes = make()
      const model = new Model()
      let n = 0
      for (const move of moves) {
        const lane: Lane<Message, string> | undefined = "key" in move ? lanes.get(move.key) : undefined
        switch (move._tag) {
          case "push": {
            const message = { n: n++, key: move.key, isAlone: move.isAlone }
            if (lane !== undefined) lanes.push(lane, message)
            model.of(move.key).push(message)
            break
          }
          case "open":
            if (lane !== undefined) lanes.open(lane, move.places)
            model.places.set(move.key, move.places)
            break
          case "release":
            if (lane === undefined || lane.running === 0) break
            lanes.release(lane)
            model.running.set(move.key, lane.running)
            break
          case "sift": {
            const isKept = (message: Message): boolean => message.n % 6 !== move.which
            const taken = lane === undefined ? [] : lanes.sift(lane, isKept)
            assert.deepStrictEqual(taken, model.of(move.key).filter((message) => !isKept(message)))
            model.waiting.set(move.key, model.of(move.key).filter(isKept))
            break
          }
          case "drop":
            if (lane !== undefined) lanes.drop(lane)
            if (lanes.find(move.key) === undefined) model.places.delete(move.key)
            break
          case "clear":
            assert.sameMembers([...lanes.clear()], Array.from(model.waiting.values()).flat())
            model.waiting.clear()
            break
          case "start":
            for (const message of start(lanes)) model.start(message)
            model.checkStarted()
        }
        assert.strictEqual(lanes.size, model.size)
        const occupied = Array.from(lanes.waiting, ({ key }) => key).toSorted()
        const expected = Array.from(model.waiting).filter(([, list]) => list.length > 0).map(([key]) => key)
        assert.deepStrictEqual(occupied, expected.toSorted())
      }
    }))
  })

  it("K2: They take turns: a key with many messages delays the others by one of them.", () => {
    const lanes = make()
    const [a, b] = [lanes.get("a"), lanes.get("b")]
    for (let n = 0; n < 3; n++) lanes.push(a, { n, key: "a", isAlone: false })
    for (let n = 0; n < 2; n++) lanes.push(b, { n, key: "b", isAlone: false })
    lanes.open(a, 9)
    lanes.open(b, 9)
    assert.deepStrictEqual(start(lanes).map(({ key, n }) => `${key}${n}`), ["a0", "b0", "a1", "b1", "a2"])
  })

  it("K2: They are forgotten when nothing is left of them.", () => {
    const lanes = make()
    const lane = lanes.get("a")
    lanes.push(lane, { n: 0, key: "a", isAlone: false })
    lanes.drop(lane)
    assert.strictEqual(lanes.find("a"), lane, "a message waits")
    lanes.shift(lane)
    lane.holder = "somebody"
    lanes.drop(lane)
    assert.strictEqual(lanes.find("a"), lane, "it is held")
    lane.holder = undefined
    lanes.drop(lane)
    assert.isUndefined(lanes.find("a"))
  })
})
