// A bot and a web server in one process, each on a thread of its own. The server asks the bot; the bot crashes on a message
// that it does not like, and the server serves on. Expected output:
//   GET /  ->  the bot has answered 0 messages
//   bot: pong
//   bot: pong
//   GET /  ->  the bot has answered 2 messages
//   bot: no answer, it crashed
//   GET /  ->  the bot has answered 0 messages
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor, System, Thread } from "heddle"
import { createServer } from "node:http"

class Bot extends Actor.Service<Bot>()("Bot", [
  Rpc.make("Hear", { payload: { text: Schema.String }, success: Schema.String }),
  Rpc.make("Count", { success: Schema.Int })
]) {}

class Web extends Actor.Service<Web>()("Web", [
  Rpc.make("Address", { success: Schema.String })
]) {}

const bot = Bot.toLayer(Effect.sync(() => {
  let count = 0
  return Bot.of({
    Hear: ({ text }) =>
      Effect.sync(() => {
        if (text !== "ping") throw new Error(`what is "${text}"?`) // the bug
        count++
        return "pong"
      }),
    Count: () => Effect.sync(() => count)
  })
}))

const web = Web.toLayer(Effect.gen(function*() {
  const bot = yield* Bot
  const run = Effect.runPromiseWith(yield* Effect.context())
  const server = createServer((_, response) => {
    const answer = Effect.match(bot.Count(), {
      onSuccess: (count) => `the bot has answered ${count} messages`,
      onFailure: ({ message }) => `the bot can't be asked: ${message}`
    })
    void run(answer).then((text) => response.setHeader("connection", "close").end(text))
  })
  // The server listens for as long as its actor lives.
  const address = yield* Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<string>((resolve) => {
        server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${Object(server.address()).port}`))
      })
    ),
    () => Effect.promise(() => new Promise((closed) => server.close(closed)))
  )
  return Web.of({ Address: () => Effect.succeed(address) })
}))

const program = Effect.gen(function*() {
  const bot = yield* Bot
  const address = yield* (yield* Web).Address()
  const visit = Effect.promise(async () => console.log(`GET /  ->  ${await (await fetch(address)).text()}`))
  const say = (text: string) =>
    bot.Hear({ text }).pipe(
      Effect.catchReason("ActorError", "Crashed", () => Effect.succeed("no answer, it crashed")),
      Effect.map((answer) => console.log(`bot: ${answer}`))
    )

  yield* visit
  yield* say("ping")
  yield* say("ping")
  yield* visit
  yield* say("<script>")
  yield* visit // waits until the bot is back
})

System.run(import.meta, {
  threads: {
    bot: Thread.make({ actors: [Actor.lazy(Bot, async () => ({ default: bot }))] }),
    web: Thread.make({ actors: [Actor.lazy(Web, async () => ({ default: web }))] })
  },
  layer: async () => ({ default: Logger.layer([]) })
}, program)
