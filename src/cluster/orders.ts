/**
 * Orders to a thread that runs on one machine: they are carried out there.
 *
 * ```text
 *   held here ------------> the supervisor of this machine
 *   not here --> where? --> sent there --> the supervisor of that machine
 *                  ^             | not held there, not yet, or not any more
 *                  +-------------+
 * ```
 */
import * as Effect from "effect/Effect"
import { performance } from "node:perf_hooks"
import type { Order, OrderFailure } from "../actor/clusterActor.ts"
import type { Membership } from "../actor/membership.ts"
import { type ActorError, isActorError, Unreachable } from "../ActorError.ts"
import * as places from "./places.ts"
import type { Lost, Remote } from "./remote.ts"
import type * as router from "./router.ts"
import { NotHere } from "./wires.ts"

/** How long a machine is looked for that holds a thread. */
const patienceMillis = 10_000
const againMillis = 100

/** What orders need. */
export interface Options extends Pick<router.Options, "held" | "problem" | "self" | "where"> {
  readonly membership: Pick<Membership, "start" | "stop" | "restart">
  /** Sends an order to another machine: why it was not carried out there, or null. */
  readonly send: (address: string, order: Order) => Effect.Effect<OrderFailure | null, NotHere | Lost>
}

/** Sends orders by the connections to other machines. */
export const by = (remote: Remote): Options["send"] => (address, order) =>
  remote.send(address, (client) => client.HeddleOrder(order))

/** Makes what carries out orders. */
export const make = ({ held, membership, problem, self, send, where }: Options) => {
  const here = ({ group, name, order }: Order): Effect.Effect<OrderFailure | null, NotHere> =>
    held.find(places.ofThread(group)) === undefined
      ? Effect.fail(new NotHere())
      : Effect.match(membership[order](name), { onFailure: failureOf, onSuccess: () => null })

  /** One try: how it went, or nothing if no machine holds the thread now. */
  const attempt = Effect.fnUntraced(function*(order: Order, restMillis: number) {
    const place = places.ofThread(order.group)
    if (held.find(place) !== undefined) return yield* here(order)
    const found = yield* Effect.timeoutOption(where(place), restMillis)
    if (found._tag === "None" || found.value.address === self) return yield* Effect.fail(new NotHere())
    return yield* there(send(found.value.address, order))
  })

  return {
    /** Carries out an order that came from another machine. */
    here,
    /** Carries out an order where its thread is. */
    anywhere: Effect.fnUntraced(function*(order: Order): Effect.fn.Return<void, OrderFailure> {
      const due = performance.now() + patienceMillis
      for (;;) {
        const ended = yield* Effect.catchTag(
          attempt(order, due - performance.now()),
          "NotHere",
          () => Effect.as(Effect.sleep(againMillis), undefined)
        )
        if (ended === null) return
        if (ended !== undefined) return yield* Effect.fail(ended)
        if (performance.now() >= due) return yield* Effect.fail(unheld(order, problem()))
      }
    })
  }
}

const there = (sent: ReturnType<Options["send"]>) =>
  sent.pipe(
    Effect.catchTag("Lost", ({ sent, why }) =>
      sent === "no"
        ? Effect.fail(new NotHere())
        : Effect.succeed(new Unreachable({ handled: "maybe", why, of: "cluster" })))
  )

const failureOf = (error: OrderFailure | ActorError): OrderFailure =>
  isActorError(error)
    ? new Unreachable({ handled: error.reason.handled, why: error.message, of: "cluster" })
    : error

const unheld = ({ group }: Order, why: string): Unreachable =>
  new Unreachable({
    handled: "no",
    why: `no machine has run thread "${group}" for ${patienceMillis} ms${why === "" ? "" : ` (${why})`}`,
    of: "cluster"
  })
