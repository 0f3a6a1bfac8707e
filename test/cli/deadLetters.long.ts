/** `heddle dead-letters`, `heddle repeat` and `heddle drop`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { world } from "./operating.ts"

const ledger = Effect.flatMap(
  world,
  (world) =>
    Effect.map(
      world.start("durable/config.ts", /thread "money" #1 is ready/, {
        env: { LEDGER_DATABASE: join(world.path, "ledger.db") }
      }),
      (system) => ({ ...world, system })
    )
)

describe("dead letters by command", () => {
  it.live(
    "M5: A dead letter is seen with what it said and why, runs again when it is repeated, and is gone when it is dropped.",
    () =>
      Effect.gen(function*() {
        const { heddle } = yield* ledger
        assert.deepStrictEqual(yield* heddle(["dead-letters"]), { code: 0, out: "no dead letters\n", err: "" })
        for (const times of [5, 100, 101]) {
          assert.strictEqual((yield* heddle(["call", "Ledger.Refuse", `{"times":${times}}`])).code, 1)
        }
        const { code, out } = yield* heddle(["dead-letters", "--json"])
        assert.strictEqual(code, 0)
        const letters = out.trimEnd().split("\n").map((line) => JSON.parse(line))
        assert.deepStrictEqual(letters.map(({ payload }) => payload), [{ times: 101 }, { times: 100 }, { times: 5 }])
        const [last, , first] = letters
        assert.deepInclude(first, { actor: "Ledger", message: "Refuse", sender: "main", failures: 4 })
        assert.match(first.why, /Refused: .*attempt 4/)
        const text = (yield* heddle(["dead-letters", "--limit", "1"])).out
        assert.match(
          text,
          /^\d+ {2}\d{4}-.* {2}Ledger\.Refuse from main, 4 failures\n {4}id .*"times":101.*\n {4}Refused: .*\n$/
        )

        assert.deepStrictEqual(yield* heddle(["repeat", `${first.number}`]), { code: 0, out: "1 run again\n", err: "" })
        const journal = Effect.map(heddle(["call", "Ledger.Journal"]), ({ out }) => out)
        yield* Effect.repeat(journal, { until: (out) => out.includes(`refuse ${first.id} 6 true main`) })

        assert.strictEqual((yield* heddle(["drop", `${last.number}`])).out, "1 dropped\n")
        assert.strictEqual((yield* heddle(["drop", "--actor", "Nobody", "--json"])).out, "{\"count\":0}\n")
        assert.strictEqual((yield* heddle(["drop", "--all"])).out, "1 dropped\n")
        assert.strictEqual((yield* heddle(["dead-letters"])).out, "no dead letters\n")
      }),
    180_000
  )

  it.live(
    "M5: A number that names no dead letter, no number, and a system without storage are one clear error each.",
    () =>
      Effect.gen(function*() {
        const { heddle } = yield* ledger
        const cases = [
          [["repeat", "7"], /^heddle: there is no dead letter 7\.\n$/],
          [["drop"], /^heddle: which dead letters\? Write their numbers, --actor NAME, or --all\n$/]
        ] as const
        for (const [args, err] of cases) {
          const ran = yield* heddle(args)
          assert.strictEqual(ran.code, 2)
          assert.match(ran.err, err)
        }
      }),
    120_000
  )

  it.live("M5: A system without storage says that it has none.", () =>
    Effect.gen(function*() {
      const { heddle, start } = yield* world
      yield* start("basic/config.ts", /thread "two" #1 is ready/)
      const ran = yield* heddle(["dead-letters"])
      assert.strictEqual(ran.code, 2)
      assert.strictEqual(ran.err, "heddle: the system declares no storage, so it has no durable messages\n")
    }), 120_000)
})
