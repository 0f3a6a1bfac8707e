/**
 * Orders to the supervisor by the name of a thread. Each completes when it is done.
 *
 * The progress of an order is checked when the supervisor has applied it, and after each step from then on. An order that is
 * given in the middle of a step (in response to an event, say) waits until that step is done.
 */
import * as Effect from "effect/Effect"
import type { Topology } from "../control/topology.ts"
import type { Fault } from "../Status.ts"
import { NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import type { State } from "./decide/index.ts"
import * as orders from "./orders.ts"
import * as status from "./status.ts"

/** What an operator can do to a thread. */
export interface Operator {
  readonly restart: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable>
  readonly stop: (name: string) => Effect.Effect<void, UnknownThread | Unkillable>
  readonly start: (name: string) => Effect.Effect<void, UnknownThread | NotUp | Unkillable>
  readonly inject: (name: string, fault: Fault) => Effect.Effect<void, UnknownThread | NotUp>
}

/** Makes the orders, none of which has been given yet. `look` has to be called after each step of the supervisor. */
export const make = (options: {
  readonly topology: Topology
  readonly state: () => State
  /** Gives an order. `applied` is called when the supervisor has applied it, with the state before it. */
  readonly give: (kind: orders.Kind, thread: number, applied: (before: State) => void) => void
  readonly inject: (thread: number, fault: Fault) => void
}) => {
  const { give, inject, state, topology } = options
  /** The orders that are not done yet. */
  const waiting = new Set<() => void>()

  const find = (name: string): Effect.Effect<number, UnknownThread> => {
    const index = topology.threads.findIndex((thread) => thread.name === name)
    return index >= 0
      ? Effect.succeed(index)
      : Effect.fail(new UnknownThread({ name, known: topology.threads.map((thread) => thread.name) }))
  }

  const notUp = (name: string, index: number): NotUp => {
    const thread = state().threads[index]
    return new NotUp({ thread: name, state: status.describe(thread, state()), cause: thread?.lastCause ?? null })
  }

  /** Gives an order, and waits until it is done. If that wait is interrupted, the order still stands. */
  const order = (kind: orders.Kind, index: number): Effect.Effect<orders.Progress> =>
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
    })

  const run = (kind: "Start" | "Restart") => (name: string): Effect.Effect<void, UnknownThread | NotUp | Unkillable> =>
    Effect.gen(function*() {
      const index = yield* find(name)
      const progress = yield* order(kind, index)
      if (progress === "NotUp") return yield* notUp(name, index)
      if (progress === "Unkillable") return yield* new Unkillable({ thread: name })
    })

  const operator: Operator = {
    start: run("Start"),
    restart: run("Restart"),
    stop: Effect.fnUntraced(function*(name) {
      const progress = yield* order("Stop", yield* find(name))
      if (progress === "Unkillable") return yield* new Unkillable({ thread: name })
    }),
    inject: Effect.fnUntraced(function*(name, fault) {
      const index = yield* find(name)
      if (state().threads[index]?.phase !== "running") return yield* notUp(name, index)
      inject(index, fault)
    })
  }
  return {
    operator,
    /** Completes the orders that are done in the present state. */
    look(): void {
      for (const look of waiting) look()
    }
  }
}
