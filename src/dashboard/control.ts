/**
 * Carries out the orders of the control API.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import type * as OpenApi from "effect/http-api/OpenApi"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Actor from "../Actor.ts"
import type { ActorError } from "../ActorError.ts"
import { System } from "../control/system.ts"
import type { NotContained, NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import { within } from "./asking.ts"
import type { Board } from "./board.ts"
import { ControlApi } from "./controlApi.ts"
import type { Directory } from "./directory.ts"
import type { LetterBox } from "./letters.ts"
import type { Looking } from "./looking.ts"
import type { Fleet } from "./machines.ts"

/** A restart is a stop and a start; with the default limits of a thread these take 35 s at most. */
const orderLimit = "40 seconds"

/** The part about threads. */
const threads = (board: Board) =>
  HttpApiBuilder.group(
    ControlApi,
    "threads",
    Effect.fnUntraced(function*(handlers) {
      const system = yield* System
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

/** The part about actors and their messages. */
const actors = (board: Board, { actors, ask, keys, order }: Directory, { inspect, settings }: Looking) =>
  HttpApiBuilder.group(ControlApi, "actors", (handlers) =>
    Effect.succeed(handlers.handleAll({
      list: () => Effect.succeed(actors),
      call: ({ params: { name }, payload: { key, ...sent } }) =>
        ask({ ...sent, actor: name, key: key ?? null, timeoutMillis: null }),
      keys: ({ params: { name }, query: { search } }) => keys(name, search ?? ""),
      order: ({ params: { name }, payload }) => Effect.as(order(name, payload.order, payload.key), { done: true }),
      inspect: ({ params: { name } }) => inspect(name),
      settings: () => settings,
      history: () => board.history,
      postMortems: () => board.postMortems
    })))

const counted = <E>(order: Effect.Effect<number, E>) => Effect.map(order, (count) => ({ count }))

const letters = ({ drop, list, repeat }: LetterBox) =>
  HttpApiBuilder.group(ControlApi, "letters", (handlers) =>
    Effect.succeed(handlers.handleAll({
      list: () => list,
      repeat: ({ payload }) => counted(repeat(payload)),
      drop: ({ payload }) => counted(drop(payload))
    })))

const machines = ({ list }: Fleet) =>
  HttpApiBuilder.group(ControlApi, "machines", (handlers) => Effect.succeed(handlers.handleAll({ list: () => list })))

/** What the API reaches the system by. */
export interface Reached {
  readonly board: Board
  readonly directory: Directory
  readonly looking: Looking
  readonly letters: LetterBox
  readonly fleet: Fleet
}

/** Serves the API, and its OpenAPI document. */
export const routes = (document: OpenApi.OpenAPISpec, { board, directory, fleet, letters: box, looking }: Reached) =>
  Layer.merge(
    HttpApiBuilder.layer(ControlApi).pipe(
      Layer.provide([
        threads(board),
        actors(board, directory, looking),
        letters(box),
        machines(fleet),
        HttpServer.layerServices
      ])
    ),
    HttpRouter.add("GET", "/api/openapi.json", HttpServerResponse.jsonUnsafe(document))
  )
