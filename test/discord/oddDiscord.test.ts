/** A Discord, or what stands in front of it, that sends what is no answer and no frame: the bot goes on. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ServerResponse } from "node:http"
import { canBeWaitedFor } from "../../services/discord/discordApi.ts"
import { problemOf } from "../../services/discord/gatewayFrames.ts"
import * as Bot from "./botHarness.ts"
import { hello, withBot } from "./oddDiscord.ts"

const isReady = ({ state }: { readonly state: string }) => state === "ready"

const oddHellos: ReadonlyArray<unknown> = [
  "garbage",
  "null",
  [1, 2],
  {},
  { op: "10" },
  { op: 10 },
  { op: 10, d: null },
  ...[0, -1, 1, 1e15, null, "abc"].map((heartbeat_interval) => ({ op: 10, d: { heartbeat_interval } })),
  { op: 9, d: null },
  { op: 0, t: "READY", s: 1, d: null }
]
const oddDispatches: ReadonlyArray<unknown> = [
  "MESSAGE_CREATE",
  "INTERACTION_CREATE",
  "GUILD_CREATE",
  "READY",
  "__proto__"
]
  .flatMap((t) => [null, 1, "x", [], {}, { id: null }, { author: null }].map((d) => ({ op: 0, t, s: 1, d })))
const oddReadys = (ready: { readonly d?: object }): ReadonlyArray<unknown> => [
  { ...ready, d: { ...ready.d, user: null } },
  { ...ready, d: { ...ready.d, application: undefined } },
  { ...ready, d: { ...ready.d, resume_gateway_url: "nonsense" } },
  { ...ready, d: { ...ready.d, resume_gateway_url: "https://a.example" } },
  { ...ready, s: null }
]

describe("an odd Discord", () => {
  it.live("Frames that are none are left out, before and after the login, and the bot is ready by those that are.", () =>
    Effect.gen(function*() {
      const { behavior, discord } = yield* withBot({
        greet: (say) => [...oddHellos, hello].forEach(say),
        login: (say, { ready }) =>
          [...oddReadys(ready), ...oddDispatches, ready, ...oddReadys(ready), ...oddDispatches].forEach(say)
      })
      yield* Bot.statusWhere(behavior, isReady)
      assert.strictEqual(discord.connects(), 1)
    }))

  it.live("The reason why a login leads to nothing says what Discord sent.", () =>
    Effect.sync(() => {
      assert.strictEqual(problemOf({ op: 10, d: null }), "Discord sent an odd frame (op 10)")
      assert.strictEqual(problemOf({ op: 0, t: "READY", s: 1, d: {} }), "Discord sent an odd frame (op 0, READY)")
      for (const frame of [undefined, null, "x", 1, [], {}, { op: "x".repeat(1000) }]) {
        assert.strictEqual(problemOf(frame), "Discord sent what is no frame")
      }
      for (
        const frame of [hello, { op: 11 }, { op: 7, d: null }, { op: 0, t: "X", s: 2, d: null }, { op: 9, d: false }]
      ) {
        assert.isUndefined(problemOf(frame))
      }
    }))

  const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
    "429 without a time to wait": (response) => response.writeHead(429).end("{}"),
    "429 with a time before now": (response) =>
      response.writeHead(429, { "retry-after": "-1", "x-ratelimit-global": "true" }).end("{\"retry_after\":-1}"),
    "429 with a time that is none": (response) => response.writeHead(429, { "retry-after": "soon" }).end("{}"),
    "429 with more time than a timer holds": (response) =>
      response.writeHead(429, { "retry-after": "1000000000" }).end("{}"),
    "a limit with more time than a timer holds": (response) =>
      response.writeHead(200, {
        "content-type": "application/json",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-limit": "1",
        "x-ratelimit-reset-after": "10000000"
      }).end("{}"),
    "a page": (response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hello</h1>"),
    "null": (response) => response.writeHead(200, { "content-type": "application/json" }).end("null"),
    "no JSON": (response) => response.writeHead(200, { "content-type": "application/json" }).end("{"),
    "a redirect to itself": (response) => response.writeHead(302, { location: "/api/v10/gateway/bot" }).end()
  }
  for (const [what, answer] of Object.entries(answers)) {
    it.live(`A Discord that answers ${what} is asked again a moment later, not at once and again and again.`, () =>
      Effect.gen(function*() {
        let odd = 0
        const { behavior } = yield* withBot({
          gatewayBot: (response, usual) => odd++ === 0 ? answer(response) : usual()
        })
        if (what.startsWith("a limit")) yield* Bot.statusWhere(behavior, ({ state }) => state === "disconnected")
        else yield* Bot.statusWhere(behavior, isReady)
        assert.isAtMost(odd, 2)
      }))
  }

  it("What the bot's library may wait for is a time that a timer can hold.", () => {
    const wait = (retryAfter: number, timeToReset: number) => canBeWaitedFor({ retryAfter, timeToReset })
    for (const millis of [-1, 0, 1, 2 ** 31 - 1]) assert.isTrue(wait(millis, millis))
    assert.isTrue(wait(500, 50))
    for (const retryAfter of [0, -950, Number.NaN]) assert.isFalse(wait(retryAfter, 50))
    for (const millis of [2 ** 31, Number.POSITIVE_INFINITY, Number.NaN]) assert.isFalse(wait(millis, millis))
  })
})
