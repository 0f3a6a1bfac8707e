/**
 * Every decision of the supervisor, as one pure function: state and event in, state and commands out.
 *
 * A thread has a phase, which is what it really is, and a wish (`wanted`, `recycle`), which is what it should be. An
 * event changes these. Then `reconcile` compares them for all threads and commands what brings phase nearer to wish.
 * Start, restart, all three strategies and shutdown are this one comparison.
 *
 * ```text
 *            Spawn              Ready              AskStop               Ended
 *   idle --------> starting ---------> running -----------> stopping ----------> idle
 *    ^                |   fails, stalls   |                     | too slow
 *    |                +-------> killing <-+---------------------+
 *    +------------ Ended ----------+
 * ```
 *
 * The rules, in the order in which an event meets them:
 *
 * 1. `threadEvents.ts`: what an event means to a thread in each of its phases.
 * 2. `restarts.ts`: whether a thread that ended comes back, when, and which others restart with it.
 * 3. `operatorOrders.ts`: what an operator may ask for.
 * 4. `shutdown.ts`: how a system begins to end, and what happens when it takes too long.
 * 5. `reconcile.ts`: which threads stop and start now.
 *
 * Source: the separation follows Erlang/OTP `supervisor`; the strategies have OTP's meaning and order.
 */
import type { Topology } from "../../control/topology.ts"
import { Draft } from "./draft.ts"
import * as operatorOrders from "./operatorOrders.ts"
import { reconcile } from "./reconcile.ts"
import * as shutdown from "./shutdown.ts"
import type { Command, Event, State, Surroundings } from "./state.ts"
import { onThreadEvent } from "./threadEvents.ts"

export * from "./state.ts"

/** Applies one event, and returns the next state with the commands that lead to it. */
export const step = (
  topology: Topology,
  before: State,
  event: Event,
  surroundings: Surroundings
): readonly [State, ReadonlyArray<Command>] => {
  const draft = new Draft(topology, before, surroundings)
  apply(draft, event)
  reconcile(draft)
  return draft.result()
}

/** Applies an event to the draft, by the rule for it. */
const apply = (draft: Draft, event: Event): void => {
  switch (event._tag) {
    case "Wake":
      return
    case "Stop":
      return operatorOrders.stop(draft, event.thread)
    case "Start":
      return operatorOrders.start(draft, event.thread)
    case "Restart":
      return operatorOrders.restart(draft, event.thread)
    case "Renew":
      return operatorOrders.renew(draft, event.thread)
    case "Shutdown":
      return shutdown.begin(draft, { _tag: "Asked", why: event.why })
    case "ShutdownTimedOut":
      return shutdown.onTimeout(draft)
    default:
      return onThreadEvent(draft, event)
  }
}
