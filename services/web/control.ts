/**
 * Carries out the orders of the control API.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { Actor } from "heddle"
import type { ActorError } from "heddle/ActorError"
import * as System from "heddle/System"
import type { NotContained, NotUp, Unkillable, UnknownThread } from "heddle/SystemError"
import { DiscordSandbox, type NotDone } from "../discord/DiscordSandbox.ts"
import { type Unavailable, within } from "./asking.ts"
import type { Board } from "./board.ts"
import { ControlApi } from "./ControlApi.ts"
import * as openApi from "./openApi.ts"

/** A restart is a stop and a start; with the default limits of a thread these take 35 s at most. */
const orderLimit = "40 seconds"

const threads = (board: Board) =>
  HttpApiBuilder.group(
    ControlApi,
    "threads",
    Effect.fnUntraced(function*(handlers) {
      const system = yield* System.System
      const current = yield* Actor.Current
      const scope = yield* Effect.scope
      const carryOut = (
        thread: string,
        order: Effect.Effect<void, UnknownThread | NotUp | NotContained | Unkillable | ActorError>
      ) => {
        const limited = within("the supervisor", orderLimit)(order)
        // This thread's own end would cut the answer off, so the answer goes first.
        return current.thread === thread || current.thread.startsWith(`${thread}.`)
          ? Effect.sleep("100 millis").pipe(
            Effect.andThen(limited),
            Effect.ignore,
            Effect.forkIn(scope),
            Effect.as({ thread, done: false })
          )
          : Effect.as(limited, { thread, done: true })
      }
      return handlers.handleAll({
        list: () => board.threads,
        restart: ({ params: { name } }) => carryOut(name, system.restart(name)),
        stop: ({ params: { name } }) => carryOut(name, system.stop(name)),
        start: ({ params: { name } }) => carryOut(name, system.start(name)),
        drill: ({ params: { name }, payload: { how } }) => carryOut(name, system.inject(name, how))
      })
    })
  )

const outcome = (done: Effect.Effect<void, Unavailable | NotDone>) =>
  Effect.as(done, { problem: null }).pipe(
    Effect.catchTag("NotDone", ({ detail }) => Effect.succeed({ problem: detail }))
  )

const chat = HttpApiBuilder.group(
  ControlApi,
  "chat",
  Effect.fnUntraced(function*(handlers) {
    const sandbox = yield* DiscordSandbox
    return handlers.handleAll({
      say: ({ payload }) => within("DiscordSandbox", "5 seconds")(sandbox.Say(payload)),
      press: ({ payload }) => outcome(within("DiscordSandbox", "5 seconds")(sandbox.Press(payload))),
      react: ({ payload }) => outcome(within("DiscordSandbox", "5 seconds")(sandbox.React(payload)))
    })
  })
)

/** Serves the API and its OpenAPI document. */
export const routes = (board: Board) =>
  Layer.merge(
    HttpApiBuilder.layer(ControlApi).pipe(Layer.provide([threads(board), chat, HttpServer.layerServices])),
    HttpRouter.add("GET", "/api/openapi.json", HttpServerResponse.jsonUnsafe(openApi.document))
  )
