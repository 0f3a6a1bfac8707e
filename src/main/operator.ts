/**
 * Orders to the supervisor by the name of a thread. Each completes when it is done.
 *
 * The progress of an order is checked when the supervisor has applied it, and after each step from then on. An order that is
 * given in the middle of a step (in response to an event, say) waits until that step is done.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { ActorError } from "../ActorError.ts"
import { contains } from "../control/isolation.ts"
import type { Topology } from "../control/topology.ts"
import type { Fault } from "../Status.ts"
import { NotContained, NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import type { State } from "./decide/index.ts"
import * as orders from "./orders.ts"
import * as status from "./status.ts"

/** What an operator can do to a thread. */
export interface Operator {
  /** Completes when a later incarnation runs. */
  readonly restart: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  /** Completes when the thread is dead. */
  readonly stop: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  /** Completes when the thread runs, at once if it does already. */
  readonly start: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable | ActorError>
  /** Makes a thread that is up fail on purpose. */
  readonly inject: (name: string, fault: Fault) => Effect.Effect<void, UnknownThread | NotUp | NotContained>
}

/** What orders need of the supervisor. */
export interface Options {
  readonly topology: Topology
  readonly state: () => State
  /** Gives an order. `applied` is called when the supervisor has applied it, with the state before it. */
  readonly give: (kind: orders.Kind, thread: number, applied: (before: State) => void) => void
  readonly inject: (thread: number, fault: Fault) => void
  /** Loads a spare of the program as it is now, and calls `then` when it is loaded or can't be. */
  readonly loadSuccessor: (thread: number, then: (isLoaded: boolean) => void) => void
}

/** Makes the orders, none of which has been given yet. `look` has to be called after each step of the supervisor. */
export const make = (options: Options) => {
  const { inject, loadSuccessor, state, topology } = options
  const { look, order } = makeOrders(options)
  /** The thread of a name, or all instances of the declaration of that name. */
  const find = (name: string): Effect.Effect<Arr.NonEmptyReadonlyArray<number>, UnknownThread> => {
    const found = topology.threads.flatMap((thread, index) =>
      thread.name === name || thread.group.name === name ? [index] : []
    )
    const known = topology.threads.flatMap(({ group, name }) => group.index === 0 ? [group.name, name] : [name])
    return Arr.isArrayNonEmpty(found)
      ? Effect.succeed(found)
      : Effect.fail(new UnknownThread({ name, known: Array.from(new Set(known)) }))
  }

  const nameOf = (index: number): string => topology.threads[index]?.name ?? ""

  const notUp = (index: number): NotUp => {
    const thread = state().threads[index]
    return new NotUp({
      thread: nameOf(index),
      state: status.describe(thread, state()),
      cause: thread?.lastCause ?? null
    })
  }

  const run = Effect.fnUntraced(function*(kind: Exclude<orders.Kind, "Stop">, index: number) {
    const progress = yield* order(kind, index)
    if (progress === "NotUp") return yield* notUp(index)
    if (progress === "Unkillable") return yield* new Unkillable({ thread: nameOf(index) })
  })

  const stop = Effect.fnUntraced(function*(index: number) {
    const progress = yield* order("Stop", index)
    if (progress === "Unkillable") return yield* new Unkillable({ thread: nameOf(index) })
  })

  /** Restarts a thread of the program as it is now, once that has loaded. False: it can't be loaded, and the thread goes on. */
  const renew = Effect.fnUntraced(function*(name: string) {
    for (const index of yield* find(name)) {
      const { incarnation, phase, wanted } = state().threads[index] ?? {}
      if (phase !== "running" || wanted !== true) {
        // Nothing is lost if it can't be loaded. One that an operator has stopped stays down.
        if (wanted === true || state().threads[index]?.gaveUp === true) yield* run("Restart", index)
        continue
      }
      const isLoaded = yield* Effect.callback<boolean>((resume) =>
        loadSuccessor(index, (isLoaded) => resume(Effect.succeed(isLoaded)))
      )
      if (isLoaded) yield* run("Renew", index)
      // One that has died meanwhile has come back as what was loaded for it.
      else if (state().threads[index]?.incarnation === incarnation) return false
    }
    return true
  })

  const together = { concurrency: "unbounded", discard: true } as const

  const operator: Operator = {
    start: Effect.fnUntraced(function*(name) {
      yield* Effect.forEach(yield* find(name), (index) => run("Start", index), together)
    }),
    // One instance after the other, so that the rest goes on.
    restart: Effect.fnUntraced(function*(name) {
      yield* Effect.forEach(yield* find(name), (index) => run("Restart", index), { discard: true })
    }),
    stop: Effect.fnUntraced(function*(name) {
      yield* Effect.forEach(yield* find(name), stop, together)
    }),
    inject: Effect.fnUntraced(function*(name, fault) {
      const all = yield* find(name)
      const index = all.find((index) => state().threads[index]?.phase === "running")
      if (index === undefined) return yield* notUp(all[0])
      const isolation = topology.threads[index]?.isolation ?? "thread"
      if (!contains(isolation, fault)) return yield* new NotContained({ thread: nameOf(index), isolation, fault })
      inject(index, fault)
    })
  }
  return { operator, look, renew }
}

/** Gives orders, and waits for them. */
const makeOrders = ({ give, state }: Pick<Options, "give" | "state">) => {
  /** Of the orders that are not done yet. */
  const waiting = new Set<() => void>()
  return {
    /** Gives an order, and waits until it is done. If that wait is interrupted, the order still stands. */
    order: (kind: orders.Kind, index: number): Effect.Effect<orders.Progress> =>
      Effect.callback((resume) => {
        let isAwaited = true
        let look = (): void => {}
        give(kind, index, (before) => {
          const given = orders.make(kind, index, before)
          look = () => {
            const progress = orders.look(given, state())
            if (progress === "Pending") return
            waiting.delete(look)
            resume(Effect.succeed(progress))
          }
          if (isAwaited) waiting.add(look)
        })
        return Effect.sync(() => {
          isAwaited = false
          waiting.delete(look)
        })
      }),
    /** Completes the orders that are done in the present state. */
    look(): void {
      for (const look of waiting) look()
    }
  }
}
