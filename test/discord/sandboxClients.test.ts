/** Three independent clients find in the sandbox the Discord that they expect. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { type Bot, bots } from "./bots.ts"

const running = Effect.fnUntraced(function*(bot: Bot, options: Sandbox.Options = {}) {
  const sandbox = yield* Sandbox.make(options)
  yield* bot(sandbox, sandbox.token)
  return sandbox
})

/** Waits until the bot has said this, and returns all that was said until then. */
const botSays = (sandbox: Sandbox.Sandbox, text: string) =>
  sandbox.transcript.pipe(
    Stream.takeUntil(({ content, fromBot }) => fromBot && content === text),
    Stream.runCollect,
    Effect.timeout("8 seconds")
  )

for (const [name, bot] of Object.entries(bots)) {
  describe.concurrent(name, () => {
    it.live("A bot of the client's library logs in, answers a message and a slash command.", () =>
      Effect.gen(function*() {
        const sandbox = yield* running(bot)
        yield* sandbox.say("Ada", "ping")
        yield* botSays(sandbox, "pong")
        yield* sandbox.say("Ada", "/health")
        yield* botSays(sandbox, "well")
        const { connects, identifies, rateLimited } = yield* sandbox.counters
        assert.deepStrictEqual([connects, identifies, rateLimited], [1, 1, 0])
      }))

    it.live("The client's library resumes after a cut and misses no event.", () =>
      Effect.gen(function*() {
        const sandbox = yield* running(bot)
        yield* sandbox.controls.dropConnections
        yield* sandbox.say("Ada", "ping")
        yield* botSays(sandbox, "pong")
        const { identifies, resumes } = yield* sandbox.counters
        assert.deepStrictEqual([identifies, resumes], [1, 1])
      }))

    it.live("The client's library resumes after op 7.", () =>
      Effect.gen(function*() {
        const sandbox = yield* running(bot)
        yield* sandbox.controls.requestReconnect
        yield* Effect.timeout(sandbox.until(({ resumes }) => resumes === 1), "8 seconds")
        yield* sandbox.say("Ada", "ping")
        yield* botSays(sandbox, "pong")
      }))

    it.live("The client's library waits out a 429.", () =>
      Effect.gen(function*() {
        const sandbox = yield* running(bot)
        yield* sandbox.controls.rateLimitNext(1)
        yield* sandbox.say("Ada", "ping")
        yield* botSays(sandbox, "pong")
        assert.strictEqual((yield* sandbox.counters).rateLimited, 1)
      }))

    it.live("The client's library sends heartbeats as HELLO says.", () =>
      Effect.gen(function*() {
        const sandbox = yield* running(bot, { heartbeatInterval: 800 })
        yield* Effect.timeout(sandbox.until(({ heartbeats }) => heartbeats >= 3), "8 seconds")
        assert.strictEqual((yield* sandbox.counters).connects, 1)
      }))

    it.live("The client's library does not come back after 4004.", () =>
      Effect.gen(function*() {
        const sandbox = yield* running(bot)
        yield* sandbox.controls.revokeToken
        yield* Effect.timeout(sandbox.until(({ connections }) => connections === 0), "8 seconds")
        // Clients reconnect within half a second where they do.
        yield* Effect.sleep("1 second")
        assert.strictEqual((yield* sandbox.counters).connects, 1)
      }))

    it.live("The client's library does not connect with a wrong token.", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make()
        const { token } = sandbox
        yield* Effect.flip(bot(sandbox, `${token.slice(0, -1)}x`))
        const { identifies, unauthorized } = yield* sandbox.counters
        assert.deepStrictEqual([identifies, unauthorized >= 1], [0, true])
      }))
  })
}
