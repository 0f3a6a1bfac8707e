/** An actor on a thread of its own making: a real endpoint and dispatcher, whose messages come from the same thread. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Rpc from "effect/rpc/Rpc"
import { Actor } from "heddle"
import * as dispatcher from "../../src/host/dispatcher.ts"
import * as endpoint from "../../src/host/endpoint.ts"
import { flatten } from "../../src/host/flatContext.ts"
import * as inFlight from "../../src/host/inFlight.ts"
import { onTimer } from "../../src/loop/timeouts.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import { plain } from "./plainMailbox.ts"

/** Hosts an actor; `defects` are those that its handlers have died of. */
export const host = <Self, Name extends string, Rpcs extends Rpc.Any>(
  actor: Actor.Service<Self, Name, Rpcs>,
  layer: Layer.Layer<Actor.Implementation<Self>>,
  concurrency = 1
) =>
  Effect.gen(function*() {
    const links = endpoint.make({
      places: [{ thread: "thread", actors: [actor] }],
      self: "thread",
      block: statusBlock.allocate(1),
      after: onTimer,
      onDeadLetter: () => {}
    })
    const built = yield* Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), yield* Effect.scope)
    const behavior = Option.getOrThrow(Context.getOption(built, Actor.implementationKey<Self>(actor.actorName)))
    const mailbox = plain(links.hosts[0]?.mailbox)
    const defects: Array<unknown> = []
    const running = inFlight.make(links.block)
    const own = dispatcher.make({
      actor,
      index: 0,
      behavior,
      mailbox,
      block: links.block,
      inFlight: running,
      flatten,
      onDefect: (cause) => defects.push(cause)
    })
    mailbox.configure({ capacity: 100_000, overflow: "suspend", concurrency })
    mailbox.resume((delivery) => own.handle(delivery))
    links.selfReady()
    return {
      client: yield* Effect.provideContext(actor, Context.makeUnsafe<Self>(links.clients)),
      dispatcher: own,
      mailbox,
      block: links.block,
      running,
      defects
    }
  })

/** Runs an effect in the background, and lets it get as far as it can now. */
export const begin = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Fiber.Fiber<A, E>> =>
  Effect.tap(Effect.forkDetach(effect), () => Effect.promise(() => new Promise((resolve) => setImmediate(resolve))))
