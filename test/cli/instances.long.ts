/** The command, with a thread of several instances. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { launch } from "./launching.ts"

/** The lines about threads that have started. */
const ready = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.flatMap((line) => /thread "(\S+)" #\d+ is ready/.exec(line)?.[1] ?? []).toSorted()

describe("heddle start --only, with instances", () => {
  for (
    const [only, started] of [
      ["work", ["work.1", "work.2"]],
      ["work.2,book", ["book", "work.2"]]
    ] as const
  ) {
    it.live(`F27: ${only} starts ${started.join(" and ")}, and no other thread.`, () =>
      Effect.gen(function*() {
        const run = yield* launch(["start", "instances/config.ts", "--only", only])
        for (const name of started) yield* run.line(new RegExp(`thread "${name.replace(".", "\\.")}" #1 is ready`))
        yield* run.signal("SIGTERM")
        const { code } = yield* run.ended
        assert.strictEqual(code, 0, run.lines.join("\n"))
        assert.deepStrictEqual(ready(run.lines), Array.from(started))
      }), 120_000)
  }

  it.live("F27: An instance that there is not is refused, and the error names declarations and instances.", () =>
    Effect.gen(function*() {
      const run = yield* launch(["start", "instances/config.ts", "--only", "work.3"])
      const { code } = yield* run.ended
      assert.strictEqual(code, 1)
      assert.match(run.lines.join("\n"), /"work\.3" is no thread of it; there are book, work\.1, work, work\.2, sender/)
    }))
})
