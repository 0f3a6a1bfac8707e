/** The screen of `heddle top`, and how wide texts are on a terminal. */
import { assert, describe, it } from "@effect/vitest"
import { cut, exact, printable } from "../../src/cli/commands/output.ts"
import { keysIn, lines, press, type Screen } from "../../src/cli/commands/screen.ts"
import { fit, padEnd, padStart, width } from "../../src/cli/commands/width.ts"
import type { SystemView, ThreadView } from "../../src/socket/request.ts"
import { actor } from "./views.ts"

const threads = Array.from({ length: 40 }, (_, index): ThreadView => ({
  name: `${"a-name-of-sixty-characters-which-is-about-as-long-as-they-come".slice(0, 57)}-${index}`,
  group: "threads",
  state: "running",
  incarnation: 1,
  restarts: index,
  lastCause: null,
  readyAtMillis: 0,
  heapUsedBytes: 12_000_000,
  eventLoopUtilization: 0.034,
  cpuMicros: 1_000_000,
  actors: [actor]
}))

const view: SystemView = {
  pid: 7,
  directory: "/app",
  config: `/app/${"deep/".repeat(50)}config.ts`,
  node: "v26.10.0",
  startedAtMillis: 0,
  takenMillis: 0,
  cpuMicros: 0,
  residentBytes: 2e8,
  threads
}

const screen: Screen = {
  view,
  before: undefined,
  order: "declared",
  skipped: 0,
  seenMillis: 90_000,
  everyMillis: 1000
}

const frame = { columns: 80, rows: 24, nowMillis: 90_500 }

const pressed = (keys: ReadonlyArray<string>, from = screen, on = frame): Screen =>
  keys.reduce((shown, key) => {
    const act = press(shown, key, on)
    return act._tag === "Show" ? act.screen : assert.fail(`${key}: ${act._tag}`)
  }, from)

describe("The screen of heddle top", () => {
  for (const columns of [20, 40, 80, 200]) {
    for (const rows of [3, 6, 24, 400]) {
      it(`C1: Of ${columns} columns and ${rows} rows none is left out, and no line is wider.`, () => {
        const shown = lines(screen, { ...frame, columns, rows })
        assert.lengthOf(shown, rows)
        assert.deepStrictEqual(shown.filter((line) => width(line) > columns), [])
        // How to leave stands in it whenever a line of it does.
        assert.include(shown.at(-1), columns < 40 ? "" : "q: leave")
      })
    }
  }

  it("C1: A narrow screen leaves out the columns that are needed least, and a wide one has all in one line each.", () => {
    const heading = (columns: number) =>
      lines(screen, { ...frame, columns, rows: 400 }).find((line) => line.startsWith("NAME"))?.split(/ +/)
    assert.deepStrictEqual(heading(40), ["NAME", "STATE", "MAILBOX", "CPU"])
    assert.lengthOf(heading(80) ?? [], 9)
    assert.match(lines(screen, { ...frame, columns: 200 }).find((line) => line.startsWith("a-name")) ?? "", /running/)
  })

  it("C1: Scrolling ends with the last row, and goes back from there with the first key.", () => {
    const position = (shown: Screen): string => /\d+–\d+ of \d+/.exec(lines(shown, frame).at(-1) ?? "")?.[0] ?? ""
    assert.strictEqual(position(screen), "1–19 of 120")
    assert.strictEqual(position(pressed(["j", "\u001b[B", "\u001bOB"])), "4–22 of 120")
    assert.strictEqual(position(pressed([" "])), "20–38 of 120")
    const end = pressed(Array.from({ length: 130 }, () => "j"))
    assert.strictEqual(position(end), "102–120 of 120")
    assert.strictEqual(position(pressed(["k"], end)), "101–119 of 120")
    assert.strictEqual(position(pressed(["G", "g"])), "1–19 of 120")
    assert.strictEqual(position(pressed(["k", "b"])), "1–19 of 120")
    // A screen that has become larger shows the end, and no gap.
    assert.match(lines(end, { ...frame, rows: 400 }).at(-2) ?? "", /^$/)
    assert.include(lines(end, { ...frame, rows: 100 }).at(-2), "Echo")
  })

  it("C1: Keys that a terminal sends at once are pressed one after the other.", () => {
    assert.deepStrictEqual(keysIn("jj\u001b[B\u001b[6~s\u001b\u001bOA日q"), [
      "j",
      "j",
      "\u001b[B",
      "\u001b[6~",
      "s",
      "\u001b",
      "\u001bOA",
      "日",
      "q"
    ])
    assert.strictEqual(pressed(["x", "s"]).order, "restarts")
    const acts = ["q", "\u0003", "\u001b", "\u001a"].map((key) => press(screen, key, frame)._tag)
    assert.deepStrictEqual(acts, ["Leave", "Leave", "Leave", "Suspend"])
  })

  it("C1: A view that is late says for how long nothing has come.", () => {
    const status = (nowMillis: number) => lines(screen, { ...frame, nowMillis }).at(-1) ?? ""
    assert.notInclude(status(93_000), "NO ANSWER")
    assert.match(status(94_700), /^NO ANSWER FOR 4 s /)
  })
})

describe("The width of a text", () => {
  it("Wide characters take two columns, accents none, and a family one place of two.", () => {
    for (
      const [text, columns] of [["", 0], ["abc", 3], ["日本", 4], ["e\u0301", 1], ["👨‍👩‍👧", 2], ["ｱ", 1], ["가", 2], [
        "\u200d",
        0
      ]] as const
    ) assert.strictEqual(width(text), columns, text)
    assert.strictEqual(padEnd("日", 4), "日  ")
    assert.strictEqual(padStart("日", 4), "  日")
  })

  it("A text is cut between characters, and never takes more than it may.", () => {
    const texts = [
      "plain text that is long",
      "日本語のとても長い名前",
      "👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧",
      "e\u0301".repeat(20),
      "\ud800\udc00 half \ud800"
    ]
    for (const text of texts) {
      for (let columns = 0; columns < 30; columns++) assert.isAtMost(width(fit(text, columns)), columns, text)
    }
    assert.strictEqual(fit("日本語", 5), "日本…")
    assert.strictEqual(fit("日本語", 6), "日本語")
    assert.strictEqual(cut("a\n\tb\u001b[2J", 80), "a b\\x1b[2J")
  })

  it("C1: What turns or breaks a line of the terminal is written out; a name keeps its spaces.", () => {
    assert.strictEqual(printable("a\u202eb\u2028c\u009bd\ne"), "a\\u202eb\\u2028c\\x9bd\ne")
    assert.strictEqual(exact("a  b\n\tc "), "a  b\\x0a\\x09c ")
  })
})
