/** `heddle top` and `heddle check`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { launch } from "./launching.ts"
import { fixtures, world } from "./operating.ts"

const shop = Effect.flatMap(
  world,
  (world) =>
    Effect.map(world.start("controlling/config.ts", /thread "shop" #1 is ready/), (system) => ({ ...world, system }))
)

describe("heddle top", () => {
  it.live("C1: Without a terminal, top prints one table after the other until the system ends.", () =>
    Effect.gen(function*() {
      const { env, heddle } = yield* shop
      const top = yield* launch(["top", "--sort", "name"], { env })
      const json = yield* launch(["top", "--json"], { env })
      yield* top.nth(2, /^NAME +STATE/)
      yield* json.nth(2, /"takenMillis"/)
      yield* heddle(["shutdown"])
      assert.isAtLeast(top.lines.filter((line) => /^NAME +STATE/.test(line)).length, 2)
      assert.strictEqual((yield* top.ended).code, 0, top.lines.join("\n"))
      yield* json.ended
      const views = json.lines.map((line) => JSON.parse(line))
      assert.isAtLeast(views.length, 2)
      assert.isAbove(views[1]?.takenMillis, views[0]?.takenMillis)
    }))
})

describe("heddle check", () => {
  it.live("C8: A declaration is validated with the layers of its actors, printed as a tree, and not started.", () =>
    Effect.gen(function*() {
      const { heddle } = yield* world
      const fine = yield* heddle(["check", "controlling/config.ts"])
      assert.strictEqual(fine.code, 0, fine.err)
      assert.match(
        fine.out,
        /^one-for-one, sequential start, stops within 25 s\nshop {2}100 failures, then the system ends, hung after 5 s\n {2}Shop: Buy, Greet, /
      )
      assert.deepStrictEqual(fine.out.split("\n").filter((line) => line.length > 80), [])
      assert.include(
        JSON.parse((yield* heddle(["check", "controlling/config.ts", "--json"])).out).threads[0].actors[0].messages,
        "Buy"
      )
      for (
        const [file, problem] of [
          ["faulty/options.js", /^heddle: faulty\/options\.js is not usable: /],
          ["faulty/nowhere.js", /does not exist/]
        ] as const
      ) {
        const ran = yield* heddle(["check", file], { cwd: fixtures })
        assert.match(ran.err, problem)
        assert.strictEqual(ran.code, 1)
      }
      const layer = yield* heddle(["check", "faulty/notALayer.js"])
      assert.deepStrictEqual([layer.code, /^problem: thread .*could not be built: .*not a layer/m.test(layer.out)], [
        1,
        true
      ], layer.out)
    }))
})
