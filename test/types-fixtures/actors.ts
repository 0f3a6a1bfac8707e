/** The actors that the programs beside this file declare, implement and call: most of them wrongly. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor } from "heddle"

export class NoName extends Schema.TaggedError<NoName>()("NoName", {}) {}

export class Greeter extends Actor.Service<Greeter>()("Greeter", [
  Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String, error: NoName }),
  Rpc.make("Reset"),
  Rpc.make("Ticks", { success: Schema.Int, stream: true })
]) {}

export class Porter extends Actor.Service<Porter>()("Porter", [
  Rpc.make("Open", { payload: { door: Schema.Int }, success: Schema.String })
]) {}

/** A service that is no actor, and that nobody provides. */
export class Archive extends Context.Service<Archive, { readonly size: number }>()("app/Archive") {}

/** Needs another actor. */
export const greeterLayer = Greeter.toLayer(Effect.gen(function*() {
  const porter = yield* Porter
  return Greeter.of({
    Hello: ({ name }) => Effect.as(Effect.orDie(porter.Open({ door: 1 })), name),
    Reset: () => Effect.void,
    Ticks: () => Stream.make(1)
  })
}))

export const porterLayer = Porter.toLayer({ Open: () => Effect.succeed("open") })

/** Needs a service that is no actor. */
export const archivingLayer = Porter.toLayer(Effect.gen(function*() {
  const archive = yield* Archive
  return { Open: () => Effect.succeed(`${archive.size}`) }
}))

export class User extends Context.Service<User, { readonly name: string }>()("app/User") {}
export class Auth extends RpcMiddleware.Service<Auth, { provides: User }>()("app/Auth", { error: NoName }) {}

/** Has middleware, which provides what its handler needs. */
export class Safe extends Actor.Service<Safe>()("Safe", [
  Rpc.make("Whoami", { success: Schema.String }).middleware(Auth)
]) {}

export const safeLayer = Safe.toLayer({ Whoami: () => Effect.map(User, ({ name }) => name) })

export class Signed extends RpcMiddleware.Service<Signed>()("app/Signed", { requiredForClient: true }) {}

/** Has middleware whose client's part must be there where it is asked. */
export class Notary extends Actor.Service<Notary>()("Notary", [Rpc.make("Seal").middleware(Signed)]) {}

export const notaryLayer = Layer.provide(
  Notary.toLayer({ Seal: () => Effect.void }),
  Layer.succeed(Signed, (handler) => handler)
)
export const signing = RpcMiddleware.layerClient(Signed, ({ next, request }) => next(request))

/** Asks the notary. */
export class Clerk extends Actor.Service<Clerk>()("Clerk", [Rpc.make("File")]) {}

export const clerkLayer = Clerk.toLayer(Effect.gen(function*() {
  const notary = yield* Notary
  return Clerk.of({ File: () => Effect.orDie(notary.Seal()) })
}))

/** One for each key. */
export class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, [
  Rpc.make("Say", { payload: { text: Schema.String }, success: Schema.Int, error: NoName }),
  Rpc.make("Ticks", { success: Schema.Int, stream: true })
]) {}

/** Needs another actor for each key. */
export const roomLayer = Room.toLayer((key) =>
  Effect.gen(function*() {
    const porter = yield* Porter
    yield* Effect.addFinalizer(() => Effect.void)
    return Room.of({
      Say: ({ text }) => Effect.as(Effect.orDie(porter.Open({ door: key.length })), text.length),
      Ticks: () => Stream.make(1)
    })
  }), { idle: "1 minute", capacity: 10, onFull: "fail", mailbox: { perKey: 3 } })

export class Seat extends Actor.Keyed<Seat>()("Seat", {
  key: Schema.Struct({ row: Schema.Int, since: Schema.DateFromString })
}, [Rpc.make("Sit")]) {}

export const seatLayer = Seat.toLayer(({ since }) => ({ Sit: () => Effect.log(since.getTime()) }))
