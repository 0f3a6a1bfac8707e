/** Runs the sandbox where no real token is set; with one it stays off, and says so. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { listenAgain } from "heddle/Dashboard"
import { type ChatMessage, DiscordSandbox, NotDone } from "./DiscordSandbox.ts"

/** An empty variable counts as none: that is how compose files and shells leave one out. */
const realToken = Config.option(Config.Redacted("DISCORD_TOKEN")).pipe(
  Config.map(Option.filter((token) => Redacted.value(token).trim() !== ""))
)

// `Config.Port` refuses 0, which means any free port here.
const port = Config.withDefault(Config.schema(Schema.Port, "SANDBOX_PORT"), 0)

const noSandbox = new NotDone({ detail: "The bot is on the real Discord, so there is no sandbox." })

const off = DiscordSandbox.of({
  Address: () => Effect.succeed(null),
  Say: () =>
    Effect.sync((): ChatMessage => ({
      id: "0",
      author: "sandbox",
      fromBot: false,
      content: "The bot is on the real Discord (DISCORD_TOKEN is set), so there is no sandbox to talk in.",
      answers: null,
      atMillis: Date.now()
    })),
  Press: () => Effect.fail(noSandbox),
  React: () => Effect.fail(noSandbox),
  Edit: () => Effect.fail(noSandbox),
  Delete: () => Effect.fail(noSandbox),
  Leave: () => Effect.fail(noSandbox),
  Transcript: () => Stream.never
})

/** The actor's handlers; the sandbox behind them ends with the scope. */
export const handlers = Effect.gen(function*() {
  if (Option.isSome(yield* realToken)) return off
  // Loaded only where it runs: it costs 15 MB.
  const Sandbox = yield* Effect.promise(() => import("./sandbox/Sandbox.ts"))
  const sandbox = yield* listenAgain(
    yield* port,
    (port) => Sandbox.make({ port }),
    ({ url }) => Number(new URL(url).port)
  )
  yield* Effect.logInfo(`The Discord sandbox listens on ${sandbox.url}`)
  return DiscordSandbox.of({
    Address: () => Effect.succeed({ url: sandbox.url, token: sandbox.token }),
    Say: ({ author, content }) => sandbox.say(author, content),
    Press: ({ author, customId, messageId, values }) => sandbox.actions.press({ author }, messageId, customId, values),
    React: ({ author, emoji, messageId }) => sandbox.actions.react({ author }, messageId, emoji),
    Edit: ({ author, content, messageId }) => sandbox.actions.edit({ author }, messageId, content),
    Delete: ({ author, messageId }) => sandbox.actions.delete({ author }, messageId),
    Leave: ({ author }) => sandbox.actions.leave(author),
    Transcript: () => sandbox.transcript
  })
})

export default DiscordSandbox.toLayer(handlers)
