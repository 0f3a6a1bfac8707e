import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Actor, type ActorError, System, Thread } from "heddle"
import {
  Archive,
  archivingLayer,
  Auth,
  Clerk,
  clerkLayer,
  Greeter,
  greeterLayer,
  type NoName,
  Notary,
  notaryLayer,
  Porter,
  porterLayer,
  Room,
  roomLayer,
  Safe,
  safeLayer,
  Seat,
  seatLayer,
  signing,
  User
} from "./actors.ts"

const greeter = Actor.lazy(Greeter, () => Promise.resolve({ default: greeterLayer }))
const porter = Actor.lazy(Porter, () => Promise.resolve({ default: porterLayer }))

export const onTwoThreads = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [greeter] }), b: Thread.make({ actors: [porter] }) }
})

export const onOneThread = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [porter, greeter] }) }
})

/** What TypeScript says of `import()` of a module that it compiles to CommonJS. */
const commonJs = Actor.lazy(Porter, () => Promise.resolve({ default: { default: porterLayer } }))

export const inCommonJs = System.make({
  module: "/srv/bot/config.cjs",
  threads: { a: Thread.make({ actors: [commonJs, greeter] }) }
})

export const ask: Effect.Effect<string, NoName | ActorError.ActorError, Greeter> = Effect.flatMap(
  Greeter,
  (greeter) => greeter.Hello({ name: "Ada" }, { timeout: "1 second" })
)

/** A tell has no value and none of the errors that the handler declares. */
export const tell: Effect.Effect<void, ActorError.ActorError, Greeter> = Effect.flatMap(
  Greeter,
  (greeter) => greeter.Hello({ name: "Ada" }, { discard: true })
)

export const ticks: Stream.Stream<number, ActorError.ActorError, Greeter> = Stream.unwrap(
  Effect.map(Greeter, (greeter) => greeter.Ticks())
)

/** A stream takes a time-out: until it is open. */
export const patientTicks: Stream.Stream<number, ActorError.ActorError, Greeter> = Stream.unwrap(
  Effect.map(Greeter, (greeter) => greeter.Ticks(undefined, { timeout: "1 minute" }))
)

/** The system provides every actor, so nothing is left to ask for. */
export const program: Effect.Effect<string, unknown> = Effect.provide(ask, System.layer(onTwoThreads))

/** The layer of an actor that has middleware is provided with it; what that provides is not asked for. */
const safe = Layer.provide(
  safeLayer,
  Layer.succeed(Auth, (handler) => Effect.provideService(handler, User, { name: "Ada" }))
)
export const guarded = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [Actor.lazy(Safe, () => Promise.resolve({ default: safe }))] }) }
})

/** Its errors are the caller's. */
export const whoami: Effect.Effect<string, NoName | ActorError.ActorError, Safe> = Effect.flatMap(
  Safe,
  (safe) => safe.Whoami()
)

System.run(
  import.meta,
  {
    threads: {
      a: Thread.make({ actors: [Actor.lazy(Greeter, () => Promise.resolve({ default: greeterLayer }))] }),
      b: Thread.make({ actors: [Actor.lazy(Porter, () => Promise.resolve({ default: porterLayer }))] })
    },
    strategy: "one-for-all"
  },
  Effect.gen(function*() {
    yield* Effect.addFinalizer(() => Effect.void)
    yield* (yield* Greeter).Hello({ name: "Ada" })
    yield* (yield* System.System).shutdown("enough")
  })
)

/** The layer of a thread provides what its actors' layers need, and that of the system what all need, or main. */
const archive = () => Promise.resolve({ default: Layer.succeed(Archive, { size: 1 }) })
const archiving = Actor.lazy(Porter, () => Promise.resolve({ default: archivingLayer }))
export const provided = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [archiving], layer: archive }) }
})
export const providedEverywhere = System.make({
  module: import.meta.url,
  layer: archive,
  threads: { a: Thread.make({ actors: [archiving] }) }
})
/** A program has what the system's layer provides. */
export const archived: Effect.Effect<number, unknown> = Effect.provide(
  Effect.map(Archive, ({ size }) => size),
  System.layer(providedEverywhere)
)

/** The client's part comes from the layer of the thread that asks. Main needs one as well, if it runs a program. */
export const signed = System.make({
  module: import.meta.url,
  threads: {
    office: Thread.make({ actors: [Actor.lazy(Notary, () => Promise.resolve({ default: notaryLayer }))] }),
    desk: Thread.make({
      actors: [Actor.lazy(Clerk, () => Promise.resolve({ default: clerkLayer }))],
      layer: () => Promise.resolve({ default: signing })
    })
  }
})
const seal = Effect.flatMap(Notary, (notary) => notary.Seal())
export const sealed: Effect.Effect<void, unknown> = Effect.provide(seal, Layer.provide(System.layer(signed), signing))

/** Keyed actors: the client of a key is that of an actor, and each layer asks for what its keys need. */
const room = Actor.lazy(Room, () => Promise.resolve({ default: roomLayer }))
const seat = Actor.lazy(Seat, () => Promise.resolve({ default: seatLayer }))
export const keyed = System.make({
  module: import.meta.url,
  threads: { a: Thread.make({ actors: [porter] }), b: Thread.make({ actors: [room, seat], instances: 2 }) }
})
export const said: Effect.Effect<number, NoName | ActorError.ActorError, Room> = Effect.flatMap(
  Room,
  (rooms) => rooms.of("lobby").Say({ text: "hi" }, { timeout: "1 second" })
)
export const awake: Effect.Effect<ReadonlyArray<{ readonly row: number; readonly since: Date }>, unknown, Seat> = Effect
  .flatMap(Seat, (seats) => Effect.andThen(seats.stop({ row: 1, since: new Date() }), seats.awake))
