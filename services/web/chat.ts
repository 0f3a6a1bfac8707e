/** The chat panel: the sandbox's channel, and how the bot is. */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Actor, Assets } from "heddle"
import { lines, type Panel, state, type Unavailable, within } from "heddle/Dashboard"
import { type ChatMessage, DiscordSandbox, type NotDone } from "../discord/DiscordSandbox.ts"
import * as shards from "../discord/shards.ts"
import { answered, askLimit, keepAsking } from "./asking.ts"
import * as botChecks from "./botChecks.ts"
import { ChatApi } from "./ChatApi.ts"

const files = {
  "/chat.js": Assets.read(import.meta.url, "./page/chat.js"),
  "/chat.css": Assets.read(import.meta.url, "./page/chat.css"),
  "/message.js": Assets.read(import.meta.url, "../discord/sandbox/page/message.js"),
  "/message.css": Assets.read(import.meta.url, "../discord/sandbox/page/message.css"),
  "/markdown.js": Assets.read(import.meta.url, "../discord/sandbox/page/markdown.js")
}

const backOff = "500 millis"

const outcome = (done: Effect.Effect<void, Unavailable | NotDone>) =>
  Effect.as(done, { problem: null }).pipe(
    Effect.catchTag("NotDone", ({ detail }) => Effect.succeed({ problem: detail }))
  )

/** Carries out what people do on the page. */
const routes = Effect.map(DiscordSandbox, (sandbox) => {
  const asking = within("DiscordSandbox", "5 seconds")
  const group = HttpApiBuilder.group(ChatApi, "chat", (handlers) =>
    Effect.succeed(handlers.handleAll({
      say: ({ payload }) => asking(sandbox.Say(payload)),
      press: ({ payload }) => outcome(asking(sandbox.Press(payload))),
      react: ({ payload }) => outcome(asking(sandbox.React(payload)))
    })))
  return HttpApiBuilder.layer(ChatApi).pipe(Layer.provide(group))
})

/** Follows the sandbox's transcript; when it ends because its actor restarts, it is subscribed to again. */
const transcript = Effect.gen(function*() {
  const sandbox = yield* DiscordSandbox
  const chat = lines<ChatMessage>(100)
  const seen = new Set<string>()
  yield* sandbox.Transcript().pipe(
    // A new subscription begins with the last 100 messages again; one that was edited comes again with its id.
    Stream.runForEach((message) =>
      Effect.sync(() => {
        const version = `${message.id} ${message.content}`
        if (seen.has(version)) return
        seen.add(version)
        if (seen.size > 1000) seen.delete(seen.values().next().value ?? "")
        chat.push(message)
      })
    ),
    Effect.catch((error) => Effect.logDebug(`subscribing again: ${error.message}`)),
    Effect.andThen(Effect.sleep(backOff)),
    Effect.forever,
    Actor.background
  )
  return chat
})

/** Builds the panel. */
export const make = Effect.gen(function*() {
  const clients = yield* shards.clients
  const bots = yield* Effect.forEach(clients, ({ client, name }) => keepAsking(name, client.Status()))
  const sandbox = yield* DiscordSandbox
  const address = yield* keepAsking("DiscordSandbox", sandbox.Address())
  const ask = Effect.forEach(clients, ({ client, name }) => answered(name, askLimit)(client.Status()), {
    concurrency: "unbounded"
  })
  const panel: Panel = {
    name: "chat",
    files,
    script: "/chat.js",
    styles: ["/chat.css", "/message.css"],
    fields: {
      chat: yield* transcript,
      bot: state(() => {
        const { value, why } = bots[0]?.last() ?? { value: null, why: null }
        return { status: value, why }
      }),
      sandbox: state(() => address.last().value?.url ?? null)
    },
    checks: () => [
      ...[...bots, address].map(({ check }) => check()),
      ...botChecks.forReadiness(bots.map(({ last }) => last()))
    ],
    health: {
      discord: Effect.map(ask, (answers) => {
        const shards = answers.map(({ value }) => value)
        return { checks: botChecks.ofBots(answers), more: { bot: shards[0], shards } }
      })
    },
    routes: yield* routes,
    document: OpenApi.fromApi(ChatApi)
  }
  return panel
})
