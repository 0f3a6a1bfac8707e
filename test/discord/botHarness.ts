/** Builds the bot's layer as its thread would, with stand-ins for the other actors. */
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Actor, System } from "heddle"
import type { DiscordBot } from "../../services/discord/DiscordBot.ts"
import layer from "../../services/discord/DiscordBotLayer.ts"
import { DiscordSandbox } from "../../services/discord/DiscordSandbox.ts"
import { type FetchFailed, type Page, Scraper } from "../../services/scraper/Scraper.ts"

/** What one incarnation leaves to the next. */
export interface Kept {
  value: Option.Option<unknown>
}

export const kept = (): Kept => ({ value: Option.none() })

export interface Options {
  readonly address: { readonly url: string; readonly token: string } | null
  readonly kept?: Kept
  readonly env?: Record<string, string>
  readonly fetch?: (url: string) => Effect.Effect<Page, FetchFailed>
  readonly events?: System.System["Service"]["events"]
}

export const page: Page = {
  url: "https://example.com",
  finalUrl: "https://example.com/",
  status: 200,
  title: "Example *Domain*",
  text: "",
  links: ["https://www.iana.org/domains/example"]
}

const thread: System.ThreadStatus = {
  name: "web",
  state: "running",
  incarnation: 3,
  restarts: 2,
  lastCause: null,
  readyAtMillis: 0,
  heapUsedBytes: 0,
  eventLoopUtilization: 0,
  actors: []
}

/** A client whose methods are these; `Object.create` keeps the compiler from comparing them. */
const client = <Self, Shape>(actor: Context.Key<Self, Shape>, methods: object): Layer.Layer<Self> => {
  const shape: Shape = Object.assign(Object.create(null), methods)
  return Layer.succeed(actor, shape)
}

/**
 * Starts an incarnation of the bot.
 *
 * **Details**
 * - `ready` fails or hangs as the layer does; `ended` completes when the bot ends itself, with the cause and whether
 *   it is fatal; `stop` closes the scope.
 */
export const start = Effect.fnUntraced(function*(options: Options) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const ended = yield* Deferred.make<{ readonly message: string; readonly fatal: boolean }>()
  const store = options.kept ?? kept()
  const current = Layer.succeed(Actor.Current, {
    actor: "DiscordBot",
    thread: "bot",
    incarnation: 1,
    fail: (cause, { fatal }) =>
      Effect.andThen(Deferred.succeed(ended, { message: Cause.pretty(cause), fatal }), Effect.never),
    kept: {
      read: Effect.sync(() => store.value),
      write: (value) =>
        Effect.sync(() => {
          store.value = Option.some(value)
        })
    }
  })
  const others = Layer.mergeAll(
    current,
    client(DiscordSandbox, { Address: () => Effect.succeed(options.address) }),
    client(Scraper, { Fetch: ({ url }: { readonly url: string }) => options.fetch?.(url) ?? Effect.succeed(page) }),
    Layer.succeed(System.System, {
      threads: Effect.succeed([thread]),
      events: options.events ?? Stream.never,
      restart: () => Effect.void,
      stop: () => Effect.void,
      start: () => Effect.void,
      drill: () => Effect.void
    }),
    ConfigProvider.layer(ConfigProvider.fromUnknown(options.env ?? {}))
  )
  const build = Layer.buildWithScope(Layer.provide(layer, others), scope).pipe(
    Effect.map((context) => Context.get(context, Actor.implementationKey<DiscordBot>("DiscordBot")))
  )
  return { build, ended: Deferred.await(ended), stop: Scope.close(scope, Exit.void) }
})

/** Sends a message to the bot's handler, past the mailbox. */
export const ask = (behavior: Actor.Behavior, request: string, payload?: unknown): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => {
    const handler = behavior.handlers[request]
    if (handler === undefined) return Effect.die(new Error(`no handler ${request}`))
    return Reflect.apply(handler, undefined, [payload, {}])
  })
