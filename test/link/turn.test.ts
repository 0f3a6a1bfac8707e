import { assert, describe, it } from "@effect/vitest"
import { atEndOfTurn, inTurn } from "../../src/link/turn.ts"

/** Notes what is called, in order. */
const journal = () => {
  const lines: Array<string> = []
  return { lines, note: (line: string) => (): void => void lines.push(line) }
}

describe("the end of a turn", () => {
  it("comes when the code that runs now has ended, before what it has left for later", async () => {
    const { lines, note } = journal()
    atEndOfTurn(note("first"))
    const later = Promise.resolve().then(note("later"))
    atEndOfTurn(note("second"))
    note("now")()
    await later
    assert.deepStrictEqual(lines, ["now", "first", "second", "later"])
  })

  it("comes at once where somebody says that the turn is over, once for turns within it", async () => {
    const { lines, note } = journal()
    inTurn((name) => {
      atEndOfTurn(note(`${name} ends`))
      inTurn(() => atEndOfTurn(note("so does what is within")), undefined)
      note("now")()
    }, "it")
    assert.deepStrictEqual(lines, ["now", "it ends", "so does what is within"])
  })

  it("has an end of its own for what it sets off", async () => {
    const { lines, note } = journal()
    inTurn(() => atEndOfTurn(() => atEndOfTurn(note("later"))), undefined)
    assert.deepStrictEqual(lines, [])
    await Promise.resolve()
    assert.deepStrictEqual(lines, ["later"])
  })

  it("may have turns within it that end before it goes on", () => {
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

  it("comes although its turn has failed, and turns after it have theirs", () => {
    const { lines, note } = journal()
    const failing = (): void => {
      atEndOfTurn(note("the end"))
      throw new Error("it fails")
    }
    assert.throws(() => inTurn(failing, undefined), "it fails")
    inTurn(() => atEndOfTurn(note("the next end")), undefined)
    assert.deepStrictEqual(lines, ["the end", "the next end"])
  })

  it("that somebody else brings is not brought early", async () => {
    const { lines, note } = journal()
    atEndOfTurn(note("outer"))
    inTurn(() => atEndOfTurn(note("inner")), undefined)
    assert.deepStrictEqual(lines, [])
    await Promise.resolve()
    assert.deepStrictEqual(lines, ["outer", "inner"])
  })
})
