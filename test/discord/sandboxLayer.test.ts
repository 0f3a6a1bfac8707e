/** The sandbox as an actor: on without a real token, off with one. */
import { assert, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as Testing from "heddle/Testing"
import { handlers } from "../../services/discord/DiscordSandboxLayer.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"

const startedWith = (env: Record<string, string>, kept?: Map<string, unknown>) =>
  Effect.provide(
    handlers,
    [ConfigProvider.layer(ConfigProvider.fromUnknown(env)), Testing.layerCurrent("DiscordSandbox", kept)]
  )

it.live("Without a token the sandbox listens, and what is said is in the transcript.", () =>
  Effect.gen(function*() {
    const actor = yield* startedWith({ DISCORD_TOKEN: "" })
    const address = yield* actor.Address()
    assert.strictEqual(address?.token, Sandbox.defaultToken)
    const answer = yield* Effect.promise(() => fetch(`${address?.url}/api/v10/gateway`))
    assert.strictEqual(answer.status, 200)
    yield* actor.Say({ author: "Ada", content: "hello" })
    const lines = yield* actor.Transcript().pipe(Stream.take(1), Stream.runCollect)
    assert.deepStrictEqual(lines.map(({ content }) => content), ["hello"])
  }))

it.live("The sandbox listens on SANDBOX_PORT; 0 is any free port.", () =>
  Effect.gen(function*() {
    const first = yield* startedWith({ SANDBOX_PORT: "0" })
    const port = new URL((yield* first.Address())?.url ?? "").port
    const error = yield* Effect.flip(startedWith({ SANDBOX_PORT: port }))
    assert.instanceOf(error, Sandbox.SandboxError)
    assert.include(error.message, port)
  }))

it.live("The sandbox comes back at the address where it was.", () =>
  Effect.gen(function*() {
    const kept = new Map<string, unknown>()
    const address = Effect.scoped(Effect.flatMap(startedWith({}, kept), (actor) => actor.Address()))
    assert.strictEqual((yield* address)?.url, (yield* address)?.url)
  }))

it.live("With a real token the sandbox is off, and says so.", () =>
  Effect.gen(function*() {
    const actor = yield* startedWith({ DISCORD_TOKEN: "a real one" })
    assert.isNull(yield* actor.Address())
    const answer = yield* actor.Say({ author: "Ada", content: "hello" })
    assert.strictEqual(answer.author, "sandbox")
    assert.include(answer.content, "real Discord")
    const transcript = yield* Effect.forkChild(Stream.runCollect(actor.Transcript()))
    yield* Fiber.interrupt(transcript)
  }))
