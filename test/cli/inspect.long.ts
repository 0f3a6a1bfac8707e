/** `heddle inspect`, against systems that are real processes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { world } from "./operating.ts"

const shop = Effect.flatMap(
  world,
  (world) =>
    Effect.map(world.start("controlling/config.ts", /thread "shop" #1 is ready/), (system) => ({ ...world, system }))
)

describe("heddle inspect", () => {
  it.live("C12: The last messages are shown with sender, times and outcome, payloads of failures only, nothing redacted.", () =>
    Effect.gen(function*() {
      const { heddle } = yield* shop
      const none = yield* heddle(["inspect", "Shop"])
      assert.match(
        none.out,
        /^Shop on thread shop: running\nrun 1, restarts 0, mailbox 0, handled 0, failed 0\n\nLAST MESSAGES\nnone\n/
      )
      yield* heddle(["call", "Shop.Greet", "{\"name\":\"Ada\"}"])
      yield* heddle(["call", "Shop.Pause", "{\"millis\":120}"])
      yield* heddle(["call", "Shop.Buy", "{\"item\":\"moon\"}"])
      yield* heddle(["call", "Shop.Steal", "{\"password\":\"s3cret\",\"what\":\"crown\"}"])
      yield* heddle(["call", "Shop.Pause", "{\"millis\":60000}", "--timeout", "20 millis"])
      const { last } = JSON.parse((yield* heddle(["inspect", "Shop", "--json"])).out).inspection
      assert.deepStrictEqual(
        last.map((
          entry: Readonly<Record<string, unknown>>
        ) => [entry["message"], entry["sender"], entry["outcome"], entry["payload"], entry["error"]]),
        [
          ["Greet", "main", "handled", null, null],
          ["Pause", "main", "handled", null, null],
          [
            "Buy",
            "main",
            "error",
            "{\"item\":\"moon\",\"count\":1}",
            "{\"_tag\":\"SoldOut\",\"item\":\"moon\",\"left\":0}"
          ],
          ["Steal", "main", "failed", "{\"password\":\"<redacted>\",\"what\":\"crown\"}", "nobody steals here"],
          ["Pause", "main", "left", "{\"millis\":60000}", "All fibers interrupted without error"]
        ]
      )
      assert.isAtLeast(last[1].handleMillis, 118)
      assert.isBelow(last[0].handleMillis, last[1].handleMillis)
      const text = (yield* heddle(["inspect", "Shop"])).out
      assert.match(text, /run 2, restarts 1, mailbox 0, handled 3, failed 1\nlast: Shop died: nobody steals here\n/)
      assert.match(text, /^TIME +MESSAGE +FROM +WAIT +TOOK +OUTCOME$/m)
      assert.match(
        text,
        /^\d\d:\d\d:\d\d\.\d{3} {2}Buy +main +[\d.]+ ms +[\d.]+ ms {2}error\n {2}payload: \{"item":"moon","count":1\}$/m
      )
      assert.notInclude(text, "s3cret")
    }))

  it.live("C12: A message that is being handled, what the actor keeps, and the last 20 messages after a storm are shown.", () =>
    Effect.gen(function*() {
      const { heddle } = yield* shop
      yield* heddle(["call", "Shop.Keep", "{\"pin\":\"1234\",\"note\":\"x\"}"])
      yield* heddle(["tell", "Shop.Pause", "{\"millis\":60000}"])
      const busy = (yield* heddle(["inspect", "Shop"])).out
      assert.match(busy, /\nNOW\nPause {2}from main, for .*, after .* in the mailbox\n/)
      assert.match(busy, /\nKEPT\n\{"pin":"<redacted>","note":"x"\}\n/)
      const storm = yield* heddle(["call", "Shop.Storm", "{\"count\":1000}", "--timeout", "30 seconds"])
      assert.strictEqual(storm.code, 0, storm.err)
      const view = JSON.parse((yield* heddle(["inspect", "Shop", "--json"])).out)
      assert.lengthOf(view.inspection.last, 20)
      const payloads = view.inspection.last.filter(({ message }: { message: string }) => message === "Buy")
        .map(({ payload }: { payload: string }) => payload.length)
      assert.isAtLeast(payloads.length, 19)
      // Of a payload of 10 KB the beginning is kept.
      assert.isAtMost(Math.max(...payloads), 4096)
      assert.deepInclude(view.inspection.last[0], { message: "Buy", sender: "Shop", outcome: "error" })
      const numbers = yield* heddle(["call", "Shop.Greetings", "{\"count\":25}"])
      assert.strictEqual(numbers.code, 0, numbers.err)
      const after = JSON.parse((yield* heddle(["inspect", "Shop", "--json"])).out).inspection
      assert.deepStrictEqual(
        new Set(after.last.map(({ outcome }: { outcome: string }) => outcome)),
        new Set(["handled"])
      )
      assert.lengthOf(after.failures, 20)
      assert.match(
        (yield* heddle(["inspect", "Shop"])).out,
        /\nEARLIER FAILURES\nTIME .*\n.* Buy +Shop +.* error\n {2}payload: /
      )
    }))

  it.live("C12: After its thread has died, what an actor died of is still known.", () =>
    Effect.gen(function*() {
      const { heddle } = yield* shop
      yield* heddle(["call", "Shop.Steal", "{\"password\":\"p\",\"what\":\"orb\"}"])
      yield* heddle(["restart", "shop"])
      assert.match(
        (yield* heddle(["inspect", "Shop"])).out,
        /LAST MESSAGES, BEFORE IT DIED\n[^\n]*\n[^\n]*Steal[^\n]*failed\n {2}payload: \{"password":"<redacted>","what":"orb"\}/
      )
    }))

  it.live("C12: An actor whose thread hangs has the line, one whose thread is stopped says so, and a wrong name is a sentence.", () =>
    Effect.gen(function*() {
      const { heddle, start } = yield* world
      const system = yield* start("hanging/config.ts", /thread "neighbor" #1 is ready/)
      yield* heddle(["tell", "Reported.Hang", "{\"how\":\"long\"}"])
      yield* system.line(/thread "reported" #1 is stalled/)
      // On a busy machine the search for the line may take longer than the command waits for it.
      const line = /\nits thread does not move, at long \(.*hangs\.ts:\d+:\d+\)\n {4}at long \(/
      const hung = yield* Effect.repeat(heddle(["inspect", "Reported"]), {
        until: ({ out }) => line.test(out),
        times: 9
      })
      assert.strictEqual(hung.code, 0, hung.err)
      assert.match(hung.out, /^Reported on thread reported: running\n/)
      assert.match(hung.out, line)
      yield* heddle(["stop", "neighbor"])
      assert.match((yield* heddle(["inspect", "Neighbor"])).out, /\nits thread is stopped\n/)
      const wrong = yield* heddle(["inspect", "neighbor"])
      assert.deepStrictEqual([wrong.code, wrong.err], [
        2,
        "heddle: no actor is named \"neighbor\"; \"neighbor\" is a thread; the actors are Hanger, Reported, Neighbor\n"
      ])
    }))
})
