import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { atEndOfTurn, inTurn } from "../../src/loop/tick.ts"

/** Notes what is called, in order. */
const journal = () => {
  const lines: Array<string> = []
  return { lines, note: (line: string) => (): void => void lines.push(line) }
}

describe("the end of a turn", () => {
  it("The end of a turn comes when the code that runs now has ended, before what it has left for later.", async () => {
    const { lines, note } = journal()
    atEndOfTurn(note("first"))
    const later = Promise.resolve().then(note("later"))
    atEndOfTurn(note("second"))
    note("now")()
    await later
    assert.deepStrictEqual(lines, ["now", "first", "second", "later"])
  })

  it("The end of a turn comes at once where somebody says that the turn is over, once for turns within it.", async () => {
    const { lines, note } = journal()
    inTurn((name) => {
      atEndOfTurn(note(`${name} ends`))
      inTurn(() => atEndOfTurn(note("so does what is within")), undefined)
      note("now")()
    }, "it")
    assert.deepStrictEqual(lines, ["now", "it ends", "so does what is within"])
  })

  it("The end of a turn has an end of its own for what it sets off.", async () => {
    const { lines, note } = journal()
    inTurn(() => atEndOfTurn(() => atEndOfTurn(note("later"))), undefined)
    assert.deepStrictEqual(lines, [])
    await Promise.resolve()
    assert.deepStrictEqual(lines, ["later"])
  })

  it("The end of a turn may have turns within it that end before it goes on.", () => {
    const { lines, note } = journal()
    const within = (): void => {
      note("first")()
      inTurn(() => atEndOfTurn(note("within")), undefined)
    }
    for (let twice = 0; twice < 2; twice++) {
      inTurn(() => {
        atEndOfTurn(within)
        atEndOfTurn(note("second"))
      }, undefined)
    }
    assert.deepStrictEqual(lines, ["first", "within", "second", "first", "within", "second"])
  })

  it("The end of a turn comes although its turn has failed, and turns after it have theirs.", () => {
    const { lines, note } = journal()
    const failing = (): void => {
      atEndOfTurn(note("the end"))
      throw new Error("it fails")
    }
    assert.throws(() => inTurn(failing, undefined), "it fails")
    inTurn(() => atEndOfTurn(note("the next end")), undefined)
    assert.deepStrictEqual(lines, ["the end", "the next end"])
  })

  it("The end of a turn that somebody else brings is not brought early.", async () => {
    const { lines, note } = journal()
    atEndOfTurn(note("outer"))
    inTurn(() => atEndOfTurn(note("inner")), undefined)
    assert.deepStrictEqual(lines, [])
    await Promise.resolve()
    assert.deepStrictEqual(lines, ["outer", "inner"])
  })

  const failing = (what: string) => (): void => {
    throw new Error(what)
  }

  for (
    const [where, order] of [
      ["first", ["fails", "one", "two", "three"]],
      ["in the middle", ["one", "fails", "two", "three"]],
      ["last", ["one", "two", "three", "fails"]]
    ] as const
  ) {
    it(`F1: The end of a turn calls all that was to be called although what is called ${where} throws, and then throws it.`, () => {
      const { lines, note } = journal()
      const turn = (): void => {
        for (const name of order) atEndOfTurn(name === "fails" ? failing("it fails") : note(name))
      }
      assert.throws(() => inTurn(turn, undefined), "it fails")
      assert.deepStrictEqual(lines, ["one", "two", "three"])
      inTurn(() => atEndOfTurn(note("the next end")), undefined)
      assert.strictEqual(lines.at(-1), "the next end")
    })
  }

  it("F1: The end of a turn loses no error when several callbacks and the turn itself throw.", () => {
    const { lines, note } = journal()
    const turn = (): void => {
      atEndOfTurn(failing("first"))
      atEndOfTurn(note("one"))
      atEndOfTurn(failing("second"))
      failing("the turn")()
    }
    try {
      inTurn(turn, undefined)
      assert.fail("nothing was thrown")
    } catch (error) {
      assert.instanceOf(error, AggregateError)
      assert.deepStrictEqual(error.errors.map(String), ["Error: the turn", "Error: first", "Error: second"])
    }
    assert.deepStrictEqual(lines, ["one"])
  })

  it("F1: The end of a turn goes on after a turn within it whose callback throws, and throws what that threw.", async () => {
    const { lines, note } = journal()
    const within = (): void =>
      inTurn(() => {
        atEndOfTurn(failing("within"))
        atEndOfTurn(note("the rest within"))
      }, undefined)
    const turn = (): void => {
      atEndOfTurn(within)
      atEndOfTurn(() => atEndOfTurn(note("set off")))
      atEndOfTurn(note("outside"))
    }
    assert.throws(() => inTurn(turn, undefined), "within")
    assert.deepStrictEqual(lines, ["the rest within", "outside"])
    await Promise.resolve()
    assert.strictEqual(lines.at(-1), "set off")
  })

  it("F1: The end of a turn that comes by itself calls the rest, too, and its error is a rejection that nobody handles.", async () => {
    const { lines, note } = journal()
    const others = process.listeners("unhandledRejection")
    process.removeAllListeners("unhandledRejection")
    const unhandled = once(process, "unhandledRejection")
    atEndOfTurn(failing("by itself"))
    atEndOfTurn(note("one"))
    try {
      const [error] = await unhandled
      assert.strictEqual(String(error), "Error: by itself")
    } finally {
      for (const other of others) process.on("unhandledRejection", other)
    }
    assert.deepStrictEqual(lines, ["one"])
  })
})
