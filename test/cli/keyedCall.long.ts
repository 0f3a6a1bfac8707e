/** `heddle call`, `heddle tell`, `heddle ps` and `heddle events` with keyed actors. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { world } from "./operating.ts"

const rooms = Effect.flatMap(
  world,
  (world) =>
    Effect.map(world.start("keyedCalls/config.ts", /thread "rooms" #1 is ready/), (system) => ({ ...world, system }))
)

describe("heddle call of a keyed actor", () => {
  it.live(
    "C7: A call and a tell name the key in brackets, which is a text or the JSON of one.",
    () =>
      Effect.gen(function*() {
        const { heddle } = yield* rooms
        const cases = [
          [["call", "Room[lobby].Say", "{\"text\":\"hi\"}"], "lobby: hi (1)\n"],
          [["call", "Room[lobby].Say", "{\"text\":\"hi\"}"], "lobby: hi (2)\n"],
          [["call", "Room[a.]b[c].Say", "{\"text\":\"hi\"}"], "a.]b[c: hi (1)\n"],
          [["call", "Room[].Say", "{\"text\":\"hi\"}"], ": hi (1)\n"],
          [["call", "Room[ä 🎩 \n].Count"], "0\n"],
          [["call", "Room[lobby].Numbers", "{\"to\":2}"], "1\n2\n"],
          [["tell", "Room[told].Say", "{\"text\":\"hi\"}"], "accepted\n"],
          [["call", "Room[told].Count"], "1\n"],
          [
            ["call", "Seat[{ \"since\": \"1970-01-01T00:00:00.000Z\", \"row\": 3 }].Where"],
            "row 3 since 1970-01-01T00:00:00.000Z\n"
          ]
        ] as const
        for (const [args, out] of cases) {
          assert.deepStrictEqual(yield* heddle(args), { code: 0, out, err: "" }, args.join(" "))
        }
      }),
    180_000
  )

  it.live(
    "C12: What concerns one key is shown by the actor's name with the key in brackets.",
    () =>
      Effect.gen(function*() {
        const { heddle } = yield* rooms
        for (const key of ["lobby", "attic"]) yield* heddle(["call", `Room[${key}].Say`, "{\"text\":\"hi\"}"])
        const { code, out } = yield* heddle(["inspect", "Room[lobby]"])
        assert.strictEqual(code, 0)
        assert.include(out, "[lobby].Say")
        assert.notInclude(out, "attic")
        assert.include(
          (yield* heddle(["inspect", "Room[cellar]"])).out,
          `none of the last 20 of the actor is for "cellar"`
        )
      }),
    180_000
  )

  it.live(
    "C7: A key that is missing, wrong or broken has its words and its exit code, and nothing is sent.",
    () =>
      Effect.gen(function*() {
        const { heddle } = yield* rooms
        const cases = [
          [
            ["Room.Count"],
            2,
            /^heddle: Room is keyed: write 'Room\[key\]\.Count' with the key that the message is for\n$/
          ],
          [["Room[a].Nope"], 2, /Room has no message "Nope"; its messages are Say, Count, /],
          [["Room[a].heddle.stop"], 2, /Room has no message/],
          [
            ["Seat[{\"row\":\"x\"}].Where"],
            2,
            /the key of Seat\("\{\\"row\\":\\"x\\"\}"\) does not match its schema: .*\n {2}at \["row"\]\n$/
          ],
          [["Seat[{\"row\":1,\"col\":2}].Where"], 2, /Expected no excess property\n {2}at \["col"\]\n$/],
          [["Seat[{row].Where"], 2, /does not match its schema: .*JSON/],
          [["Room[a].Say", "{}"], 2, /the payload of Room\("a"\)\.Say does not match its schema: Missing key/],
          [
            ["Room[a].Break", "{\"why\":\"boo\"}"],
            4,
            /Room\("a"\)\.Break: the actor ended while it handled the message/
          ],
          [["Room[a].Count"], 5, /Room\("a"\) was given up after 1 failure/]
        ] as const
        for (const [args, code, message] of cases) {
          const ran = yield* heddle(["call", ...args])
          assert.match(ran.err, message, args.join(" "))
          assert.strictEqual(ran.out, "")
          assert.strictEqual(ran.code, code, args.join(" "))
        }
      }),
    180_000
  )

  it.live(
    "C14: Keys are listed, woken and stopped by their names, and what was given up opens again.",
    () =>
      Effect.gen(function*() {
        const { heddle } = yield* rooms
        assert.deepStrictEqual(yield* heddle(["keys", "Seat"]), { code: 0, out: "no key is awake\n", err: "" })
        assert.match((yield* heddle(["wake", "Room[lobby]"])).out, /^Room\[lobby\] open after \d+ ms\n$/)
        yield* heddle(["wake", "Room[a long\nkey]"])
        yield* heddle(["call", "Room[bad].Break", "{\"why\":\"boo\"}"])
        const listed = yield* heddle(["keys", "Room"])
        assert.strictEqual(
          listed.out,
          "STATE        RUNNING  WAITING  FAILURES  KEY\n" +
            "open               0        0         0  a long\\x0akey\n" +
            "quarantined        0        0         1  bad\n" +
            "open               0        0         0  lobby\n"
        )
        assert.match((yield* heddle(["stop", "Room[bad]"])).out, /^Room\[bad\] stopped after \d+ ms\n$/)
        assert.deepInclude(JSON.parse((yield* heddle(["stop", "Room[lobby]", "--json"])).out), {
          actor: "Room",
          key: "lobby",
          stopped: true
        })
        const [line] = (yield* heddle(["keys", "Room", "--json"])).out.split("\n")
        assert.deepStrictEqual(JSON.parse(line ?? ""), {
          key: "a long\nkey",
          state: "open",
          waiting: 0,
          running: 0,
          failures: 0
        })
        yield* heddle(["wake", "Seat[{\"row\":3}]"])
        assert.include((yield* heddle(["keys", "Seat"])).out, "{\"row\":3}")
        const wrong = [
          [["keys", "Nope"], /no actor is named "Nope"; the actors are Room, Seat/],
          [["keys", "rooms"], /"rooms" is a thread/],
          [["wake", "Room"], /"Room" names no key; write 'Actor\[key\]'/],
          [["wake", "Seat[{row]"], /the key of Seat\("\{row"\) does not match its schema/],
          [["stop", "Nope[a]"], /no actor is named "Nope"/]
        ] as const
        for (const [args, message] of wrong) {
          const ran = yield* heddle(args)
          assert.match(ran.err, message, args.join(" "))
          assert.deepStrictEqual([ran.code, ran.out], [2, ""], args.join(" "))
        }
      }),
    180_000
  )

  it.live(
    "F30: A post-mortem of a thread that hung in a key's handler names the key.",
    () =>
      Effect.gen(function*() {
        const { heddle, system } = yield* rooms
        yield* heddle(["call", "Room[the lobby].Spin", "--timeout", "1 minute"])
        yield* system.line(/is stalled: .*Room\("the lobby"\)\.Spin/)
        yield* system.line(/thread "rooms" #2 is ready/)
        const { out } = yield* heddle(["post-mortem"])
        assert.match(out, /HANDLING\nRoom\("the lobby"\)\.Spin {2}from main, for /)
        const record: unknown = JSON.parse((yield* heddle(["post-mortem", "--json"])).out)
        assert(typeof record === "object" && record !== null && "handling" in record && Array.isArray(record.handling))
        assert.deepInclude(record.handling[0], { actor: "Room", key: "the lobby", message: "Spin" })
      }),
    180_000
  )
})
