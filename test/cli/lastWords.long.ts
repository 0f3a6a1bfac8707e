import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { launch, said } from "./launching.ts"

const numbers = (lines: ReadonlyArray<string>): ReadonlyArray<number> =>
  lines.flatMap((line) => {
    const number = /line (\d+)$/.exec(line)?.[1]
    return number === undefined ? [] : [Number(number)]
  })

for (
  const [how, cause] of [
    ["throw", "TypeError: a bug"],
    ["process.exit(0)", "process.exit(0) was called"],
    ["while(true)", "its event loop was blocked for"],
    ["fill the heap", "out of memory"]
  ] as const
) {
  it.live(`S6: Before ${how} a thousand lines are all there, and the cause comes after them.`, () =>
    Effect.gen(function*() {
      const heddle = yield* launch(["start", "lastWords/config.ts"], { env: { HEDDLE_TEST_ENDING: how } })
      const { code } = yield* heddle.ended
      assert.strictEqual(code, 1)
      const lines = said(heddle.lines)
      const heard = numbers(lines)
      assert.lengthOf(heard, 1000)
      // Standard output and standard error are two pipes: order holds in each.
      const isError = (n: number): boolean => n % 4 === 0
      for (const stream of [heard.filter(isError), heard.filter((n) => !isError(n))]) {
        assert.deepStrictEqual(stream, stream.toSorted((one, other) => one - other))
      }
      assert.include(lines.at(-1) ?? "", cause)
    }))
}
