/**
 * Brings each message to the machine that holds its place.
 *
 * ```text
 *   held here ------------------------------------------------------> delivered
 *   not here --> where? (known, or asked of the engine) --> sent there --> answered
 *                  ^                                          | not held there, or never sent
 *                  +------------------------------------------+
 * ```
 */
import * as Effect from "effect/Effect"
import { performance } from "node:perf_hooks"
import type { Call } from "../actor/clusterActor.ts"
import type { Answer } from "../actor/storageActor.ts"
import * as ActorError from "../ActorError.ts"
import { named } from "../base/keyName.ts"
import type { Carrier } from "../link/courier.ts"
import * as delivery from "./delivery.ts"
import * as places from "./places.ts"
import { Lost, type Remote } from "./remote.ts"
import { NotHere } from "./wires.ts"

/** Who holds a place, as far as is known. */
export interface Owner {
  readonly address: string
  readonly lease: string
}

/** What routing needs. */
export interface Options {
  readonly self: string
  readonly carrier: Carrier
  readonly held: places.Places
  readonly remote: Remote
  /** The place of an actor that is no keyed one: that of its thread. */
  readonly threadOf: (actor: string) => string | undefined
  readonly isSpread: (actor: string) => boolean
  /** Asks the engine who holds a place; completes when it knows. */
  readonly where: (place: string) => Effect.Effect<{ readonly address: string; readonly lease: string | null }>
  /** Why nobody can say who holds what; empty if there is no reason. */
  readonly problem: () => string
}

/** How long it waits before it looks again who holds a place. */
const againMillis = 25

/** How much longer than the other machine it waits for an answer. */
const graceMillis = 1000

/** Makes what tries to deliver a message where its place is held, as far as `known` says. */
const attempts = (options: Options, known: Map<string, Owner>) => {
  const { carrier, held, remote, self } = options

  /** Who holds a place; nothing as long as it is handed over. */
  const ownerOf = Effect.fnUntraced(function*(place: string) {
    const owner = known.get(place)
    if (owner !== undefined) return owner
    const { address, lease } = yield* options.where(place)
    if (lease === null || address === self) return undefined
    const found: Owner = { address, lease }
    known.set(place, found)
    return found
  })

  const forget = (place: string, owner: Owner): void => {
    if (known.get(place) === owner) known.delete(place)
  }

  /** Sends a message to another machine. A text says why it has not run, and may be sent again. */
  const sendTo = (
    owner: Owner,
    call: Call,
    place: string,
    restMillis: number
  ): Effect.Effect<Answer | string, ActorError.Unreachable> => {
    const deliver = { call, place, lease: owner.lease, restMillis: Number.isFinite(restMillis) ? restMillis : null }
    return remote.send(owner.address, (client) => client.HeddleDeliver(deliver)).pipe(
      Effect.timeoutOrElse({
        duration: restMillis + graceMillis,
        orElse: () =>
          Effect.fail(new Lost("maybe", `machine ${owner.address} has not answered within ${call.timeoutMillis} ms`))
      }),
      Effect.catchTags({
        NotHere: () => Effect.succeed(`machine ${owner.address} has given it up`),
        Lost: (lost) => lost.sent === "no" ? Effect.succeed(lost.why) : Effect.fail(unreachable("maybe", lost.why))
      })
    )
  }

  /** One try: an answer, or why there is none yet. */
  return Effect.fnUntraced(function*(call: Call, place: string, restMillis: number) {
    const lease = held.find(place)
    if (lease !== undefined) {
      const rest = Number.isFinite(restMillis) ? restMillis : null
      return yield* Effect.catchTag(
        delivery.deliver(carrier, lease, call, rest),
        "NotHere",
        () => Effect.succeed("this machine has given it up")
      )
    }
    const found = yield* Effect.timeoutOption(ownerOf(place), restMillis)
    if (found._tag === "None") return options.problem()
    const owner = found.value
    if (owner === undefined) return "its next machine is not ready"
    const answer = yield* sendTo(owner, call, place, restMillis)
    if (typeof answer === "string") forget(place, owner)
    return answer
  })
}

/** Makes what brings messages to their machines. */
export const make = (options: Options) => {
  const { carrier, held, isSpread, threadOf } = options
  const known = new Map<string, Owner>()
  const attempt = attempts(options, known)
  const placeOf = ({ actor, key }: Pick<Call, "actor" | "key">): string => {
    const thread = threadOf(actor)
    return thread === undefined ? places.ofKey(key) : places.ofThread(thread)
  }

  return {
    /** Brings a message to its machine, and completes with its answer. */
    route: Effect.fnUntraced(function*(call: Call): Effect.fn.Return<Answer, ActorError.Unreachable> {
      const place = placeOf(call)
      const due = performance.now() + (call.timeoutMillis ?? Infinity)
      let why = ""
      for (;;) {
        const restMillis = due - performance.now()
        if (restMillis <= 0) return yield* Effect.fail(unreachable("no", unheld(call, why)))
        const answer = yield* attempt(call, place, restMillis)
        if (typeof answer !== "string") return answer
        why = answer === "" ? why : answer
        yield* Effect.sleep(againMillis)
      }
    }),
    /** Takes a message from another machine. */
    receive: (
      { call, lease, place, restMillis }: {
        readonly call: Call
        readonly place: string
        readonly lease: string
        readonly restMillis: number | null
      }
    ): Effect.Effect<Answer, NotHere> =>
      Effect.suspend(() => {
        const own = held.find(place)
        return own?.id === lease ? delivery.deliver(carrier, own, call, restMillis) : Effect.fail(new NotHere())
      }),
    /** The token of an actor or a key that is held here. */
    fence: (actor: string, key: string): Effect.Effect<number, ActorError.Unreachable> => {
      if (threadOf(actor) === undefined && !isSpread(actor)) return Effect.succeed(0)
      const token = held.fenceOf(placeOf({ actor, key }))
      return token === undefined
        ? Effect.fail(unreachable("no", `this machine does not hold ${named(actor, key === "" ? undefined : key)}`))
        : Effect.succeed(token)
    },
    /** A machine is gone: what it held is somewhere else. */
    forgetMachine(address: string): void {
      for (const [place, owner] of known) if (owner.address === address) known.delete(place)
    }
  }
}

const unheld = ({ actor, key, timeoutMillis }: Call, why: string): string =>
  `no machine has held ${named(actor, key === "" ? undefined : key)} within ${timeoutMillis} ms` +
  (why === "" ? "" : ` (${why})`)

const unreachable = (handled: "no" | "maybe", why: string): ActorError.Unreachable =>
  new ActorError.Unreachable({ handled, why, of: "cluster" })
