/** `heddle call` and `heddle tell`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "node:net"
import { join } from "node:path"
import { world } from "./operating.ts"

const shop = Effect.flatMap(
  world,
  (world) =>
    Effect.map(world.start("controlling/config.ts", /thread "shop" #1 is ready/), (system) => ({ ...world, system }))
)

describe("heddle call", () => {
  it.live("C7: An answer is printed as a text or as JSON, each element of a stream as a line, and nothing that is redacted.", () =>
    Effect.gen(function*() {
      const { heddle } = yield* shop
      const cases = [
        [["Shop.Greet", "{\"name\":\"Ada\"}"], "Hello, Ada!\n"],
        [["Shop.Greet", "{\"name\":\"Ada\"}", "--json"], "\"Hello, Ada!\"\n"],
        [["Shop.Greet", "{\"name\":\"\\u001b[2J\"}"], "Hello, \\x1b[2J!\n"],
        [
          ["Shop.Buy", "{\"item\":\"hat\",\"count\":2}"],
          "{\"item\":\"hat\",\"count\":2,\"at\":\"1970-01-01T00:00:00.000Z\"}\n"
        ],
        [
          ["Shop.Buy", "{\"item\":\"hat\"}", "--json"],
          "{\"item\":\"hat\",\"count\":1,\"at\":\"1970-01-01T00:00:00.000Z\"}\n"
        ],
        [["Shop.Count"], "3\n"],
        [["Shop.Count", "{}"], "3\n"],
        [["Shop.Login", "{\"user\":\"ada\",\"password\":\"s3cret\"}"], "{\"user\":\"ada\",\"token\":\"<redacted>\"}\n"],
        [["Shop.Numbers", "{\"to\":3}"], "1\n2\n3\n"],
        [["Shop.Numbers", "{\"to\":3}", "--json"], "1\n2\n3\n"],
        [["Shop.Pause", "{\"millis\":1}"], "done\n"],
        [["Shop.Pause", "{\"millis\":1}", "--json"], "null\n"]
      ] as const
      for (const [args, out] of cases) {
        assert.deepStrictEqual(yield* heddle(["call", ...args]), { code: 0, out, err: "" }, args.join(" "))
      }
      const piped = yield* heddle(["call", "Shop.Greet", "-"], { input: "{ \"name\": \"Grace\" }\n" })
      assert.strictEqual(piped.out, "Hello, Grace!\n")
    }))

  it.live("C7: Each way in which a message can fail has its words and its exit code, and the system goes on.", () =>
    Effect.gen(function*() {
      const { heddle } = yield* shop
      const cases = [
        [
          ["Shop.Buy", "{\"item\":\"moon\"}"],
          1,
          /^heddle: Shop\.Buy failed: \{"_tag":"SoldOut","item":"moon","left":0\}\n$/
        ],
        [
          ["Shop.Greet", "{\"name\":1}"],
          2,
          /payload of Shop\.Greet does not match its schema: Expected string\n {2}at \["name"\]\n$/
        ],
        [["Shop.Greet"], 2, /Missing key\n {2}at \["name"\]/],
        [
          ["Shop.Buy", "{\"itme\":\"hat\"}"],
          2,
          /Expected no excess property\n {2}at \["itme"\]\nMissing key\n {2}at \["item"\]\n$/
        ],
        [["Shop.Greet", "[]"], 2, /does not match its schema/],
        [["Shop.Count", "{\"a\":1}"], 2, /the message has no payload/],
        [["Shop.Greet", "{oops"], 2, /^heddle: the payload is not JSON: /],
        [["Shop.Greet", ""], 2, /^heddle: the payload is not JSON: /],
        [["Shop.Nope"], 2, /Shop has no message "Nope"; its messages are Buy, Greet, Count, /],
        [["Nope.Greet"], 2, /no actor is named "Nope"; the actors are Shop\n$/],
        [["Shop"], 2, /"Shop" names no message of an actor; write Actor\.Message/],
        [["Shop[a].Count"], 2, /Shop is not keyed: leave out \[a\]/],
        [["Shop.Count", "--timeout", "soon"], 2, /--timeout: "soon" is no duration/],
        [["heddle.Supervisor.Threads"], 2, /no actor is named "heddle"/],
        [["Shop.Pause", "{\"millis\":60000}", "--timeout", "50 millis"], 4, /no answer within 50 ms/],
        [["Shop.Break", "{\"why\":\"boo\"}"], 4, /the actor ended while it handled the message \(Shop died: boo\)/]
      ] as const
      for (const [args, code, message] of cases) {
        const ran = yield* heddle(["call", ...args])
        assert.match(ran.err, message, args.join(" "))
        assert.strictEqual(ran.out, "")
        assert.strictEqual(ran.code, code, args.join(" "))
      }
      const json = yield* heddle(["call", "Shop.Buy", "{\"item\":\"moon\"}", "--json"])
      assert.deepStrictEqual([json.code, JSON.parse(json.out)], [1, {
        error: { _tag: "SoldOut", item: "moon", left: 0 }
      }])
      yield* heddle(["stop", "shop"])
      const stopped = yield* heddle(["call", "Shop.Count"])
      assert.deepStrictEqual([stopped.code, /was stopped/.test(stopped.err)], [5, true], stopped.err)
    }))

  it.live("C7: A tell is accepted or refused, and a caller that leaves interrupts what it has asked for.", () =>
    Effect.gen(function*() {
      const { files, heddle, sockets, system } = yield* shop
      assert.deepStrictEqual(yield* heddle(["tell", "Shop.Buy", "{\"item\":\"hat\",\"count\":5}"]), {
        code: 0,
        out: "accepted\n",
        err: ""
      })
      assert.strictEqual((yield* heddle(["call", "Shop.Count"])).out, "5\n")
      assert.match((yield* heddle(["tell", "Shop.Numbers", "{\"to\":1}"])).err, /is a stream, which can only be called/)
      const socket = connect(join(sockets, files().find((file) => file.endsWith(".sock")) ?? ""))
      const asked = (message: string, payload: object) =>
        JSON.stringify({
          request: "Call",
          payload: { actor: "Shop", key: null, message, payload, timeoutMillis: null }
        })
      yield* Effect.callback<void>((resume) => {
        socket.write(`${asked("Forever", {})}\n`)
        socket.on("data", (chunk) => String(chunk).includes("tick") && resume(Effect.void))
      })
      socket.destroy()
      yield* system.line(/the stream was left/)
    }))
})
