/**
 * The supervisor's decisions, one event after the other, with commands in words: `Spawn a#1`, `AskStop b#2 comes back`.
 */
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import { Actor, type System, Thread } from "heddle"
import * as topology from "../../src/control/topology.ts"
import * as ExitCause from "../../src/ExitCause.ts"
import { type Moment, moment, plus } from "../../src/loop/monotonic.ts"
import * as decide from "../../src/main/decide/index.ts"
import type { SystemEvent } from "../../src/SystemEvent.ts"

export const boom = ExitCause.Thrown.make({ name: "Error", message: "boom", stack: "" })
/** How a thread ends that was terminated. */
export const terminated = ExitCause.Exited.make({ code: 1, how: "drained" })
export const stall = ExitCause.Stalled.make({ millis: 5000, handling: "Bot.Say" })

/** Options of a thread, all but its actors. */
export type ThreadOptions = Omit<Thread.Options<[]>, "actors">
type SystemOptions = { readonly [Name in "strategy" | "startup" | "shutdownTimeout"]?: System.Options<{}>[Name] }

/** A system of threads that host nothing of interest. */
export const declare = (
  threads: Readonly<Record<string, ThreadOptions>>,
  options: SystemOptions = {}
): topology.Topology =>
  topology.make({
    module: import.meta.url,
    ...options,
    threads: Object.fromEntries(
      Object.entries(threads).map(([name, thread]) => {
        const Idle = class extends Actor.Service<Actor.Any>()(`Idle-${name}`, [Rpc.make("Rest")]) {}
        const layer = Idle.toLayer({ Rest: () => Effect.void })
        return [
          name,
          Thread.make({ ...thread, actors: [Actor.lazy(Idle, () => Promise.resolve({ default: layer }))] })
        ]
      })
    )
  })

export const three = { a: {}, b: {}, c: {} }

export type Machine = ReturnType<typeof make>

export const make = (declared: topology.Topology) => {
  let state = decide.initial(declared)
  let now: Moment = moment(1000)
  let debugging: decide.Surroundings["debugging"] = "no"
  /** The wall clock jumps: no decision depends on it. */
  let atMillis = 0
  const events: Array<SystemEvent> = []
  const names = declared.threads.map(({ name }) => name)
  const indexOf = (name: string): number => names.indexOf(name)
  const thread = (name: string): decide.ThreadState => {
    const found = state.threads[indexOf(name)]
    if (found === undefined) throw new Error(`no thread ${name}`)
    return found
  }

  const say = (command: decide.Command): ReadonlyArray<string> => {
    switch (command._tag) {
      case "Publish":
        events.push(command.event)
        return []
      case "Booted":
      case "Ending":
        return [command._tag]
      case "Prepare":
        return [
          `Prepare ${command.count} for ${names[command.thread]}${command.afterMillis > 0 ? " in a moment" : ""}`
        ]
      case "Age":
        return [`Age of ${names[command.thread]}#${command.incarnation} in ${command.afterMillis}`]
      case "Wake":
        return [`Wake in ${command.afterMillis}`]
      case "Extend":
        return [`Extend ${command.what} of ${names[command.thread]}#${command.incarnation}`]
      case "ExtendShutdown":
        return [command._tag]
      case "Finish":
        return [`Finish ${command.outcome._tag}`]
      case "Close":
      case "Discard":
      case "Expect":
      case "Abort":
        return [`${command._tag} ${names[command.thread]}`]
      case "AskStop":
        return [
          `AskStop ${names[command.thread]}#${command.incarnation}${command.comesBack ? " comes back" : ""}`
        ]
      case "Lose":
        return [`Lose ${names[command.thread]}#${command.incarnation} ${command.cause._tag}`]
      default:
        return [`${command._tag} ${names[command.thread]}#${command.incarnation}`]
    }
  }

  const dispatch = (event: decide.Event): ReadonlyArray<string> => {
    atMillis = (atMillis + 7_200_000) % 10_000_000
    const [next, commands] = decide.step(declared, state, event, { now, atMillis, random: 0.5, debugging })
    state = next
    return commands.flatMap(say)
  }
  const id = (name: string, incarnation = thread(name).incarnation) => ({ thread: indexOf(name), incarnation })
  const ready = (name: string, incarnation?: number) => dispatch({ _tag: "Ready", ...id(name, incarnation) })
  const wake = () => dispatch({ _tag: "Wake" })

  const machine = {
    dispatch,
    events,
    thread,
    wake,
    ready,
    /** The thread ends: as by a termination if it is being stopped or killed, else by itself. */
    ends: (
      name: string,
      cause: ExitCause.ExitCause = /stopping|killing/.test(thread(name).phase) ? terminated : boom,
      incarnation?: number
    ) => dispatch({ _tag: "Ended", ...id(name, incarnation), cause, wellUntil: now }),
    failing: (
      name: string,
      cause: ExitCause.ExitCause,
      fatal = false,
      incarnation?: number,
      unwellMillis = 0
    ) => dispatch({ _tag: "Failing", ...id(name, incarnation), cause, fatal, wellUntil: plus(now, -unwellMillis) }),
    loaded: (name: string, incarnation?: number) => dispatch({ _tag: "Loaded", ...id(name, incarnation) }),
    /** The thread has reached a limit of its `recycle`. */
    worn: (name: string, why: "after" | "heap" = "heap") =>
      dispatch({ _tag: "Worn", ...id(name), why, amount: why === "after" ? 10 : 2 ** 28 }),
    aged: (name: string) => dispatch({ _tag: "Aged", ...id(name) }),
    wearing: (name: string) => dispatch({ _tag: "Wearing", ...id(name) }),
    /** Its successor is loaded, or can't be. */
    successor: (name: string, isLoaded = true, incarnation?: number) =>
      dispatch({ _tag: "Successor", ...id(name, incarnation), isLoaded }),
    retired: (name: string, incarnation?: number) => dispatch({ _tag: "Retired", ...id(name, incarnation) }),
    /** A debugger comes and goes. */
    debug(state: decide.Surroundings["debugging"]): void {
      debugging = state
    },
    acknowledges: (name: string, incarnation?: number) => dispatch({ _tag: "Acknowledged", ...id(name, incarnation) }),
    timesOut: (name: string, what: "Start" | "Stop" | "Kill", incarnation?: number) =>
      dispatch({ _tag: `${what}TimedOut`, ...id(name, incarnation) }),
    /** The thread runs its finalizers, says so, and ends. */
    stops: (name: string) => [
      ...dispatch({ _tag: "Acknowledged", ...id(name) }),
      ...dispatch({ _tag: "Ended", ...id(name), cause: terminated, wellUntil: now })
    ],
    stop: (name: string) => dispatch({ _tag: "Stop", thread: indexOf(name) }),
    start: (name: string) => dispatch({ _tag: "Start", thread: indexOf(name) }),
    restart: (name: string) => dispatch({ _tag: "Restart", thread: indexOf(name) }),
    renew: (name: string) => dispatch({ _tag: "Renew", thread: indexOf(name) }),
    shutdown: () => dispatch({ _tag: "Shutdown", why: "enough" }),
    deadline: () => dispatch({ _tag: "ShutdownTimedOut" }),
    /** Time passes; nothing happens by itself. */
    later(millis: number): void {
      now = plus(now, millis)
    },
    /** Starts every thread. */
    boot(): void {
      wake()
      for (let round = 0; round < names.length; round++) {
        for (const name of names) if (thread(name).phase === "starting") ready(name)
      }
      events.length = 0
    },
    phases: () => state.threads.map(({ phase }) => phase),
    state: () => state,
    /** The tags of all events so far, with their thread. */
    told: () => events.map((event) => "thread" in event ? `${event._tag} ${event.thread}` : event._tag)
  }
  return machine
}
