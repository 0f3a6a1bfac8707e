/**
 * Carries out the commands of `decide`, each by the part of the supervisor that can. It decides nothing.
 */
import type { ThreadSpec, Topology } from "../control/topology.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import type { Deadlines } from "./deadlines.ts"
import type { Debugging } from "./debugging.ts"
import { type Command, type Event, heldBy, type Outcome, type State } from "./decide/index.ts"
import type { Incarnations } from "./incarnations.ts"
import type { Mesh } from "./mesh.ts"
import type { Standby } from "./standby.ts"

/** The parts of the supervisor that commands act on. */
export interface Options {
  readonly topology: Topology
  /** The state after the decision. */
  readonly state: () => State
  /** Gives an event to the next decision. */
  readonly dispatch: (event: Event) => void
  readonly incarnations: Incarnations
  readonly mesh: Mesh
  readonly standby: Standby
  readonly deadlines: Deadlines
  readonly debug: Debugging
  readonly publish: (event: SystemEvent) => void
  /** All threads have run for the first time. */
  readonly onBooted: () => void
  /** The last thread is dead, and the system has ended. */
  readonly onFinished: (outcome: Outcome) => void
  /** Ends the process. */
  readonly abort: (thread: string) => void
}

/** One action for each command; the compiler asks for one when a command is added. */
type Actions = { readonly [Tag in Command["_tag"]]: (command: Command<Tag>) => void }

/** Makes the function that carries out a command. */
export const make = (options: Options) => {
  const actions: Actions = { ...threadActions(options), ...routeActions(options), ...systemActions(options) }
  return <Tag extends Command["_tag"]>(command: Command<Tag>): void => {
    const action: (command: Command<Tag>) => void = actions[command._tag]
    action(command)
  }
}

/** The declaration of a thread, by its position. */
const specOf = ({ threads }: Topology, index: number): ThreadSpec => {
  const spec = threads[index]
  if (spec === undefined) throw new Error(`there is no thread ${index}`)
  return spec
}

/** What is done to a thread itself. */
const threadActions = (options: Options) => {
  const { deadlines, debug, dispatch, incarnations, mesh, standby, state, topology } = options
  const spec = (index: number) => specOf(topology, index)
  return {
    Spawn(command) {
      const holds = heldBy(state(), command.thread).map((held) => spec(held).name)
      const isStarted = incarnations.start(command, spec(command.thread), holds)
      if (isStarted) deadlines.set("Start", command, spec(command.thread))
    },
    AskStop(command) {
      const { cause, comesBack, thread } = command
      const { name, shutdownTimeoutMillis } = spec(thread)
      mesh.stopping(name, comesBack)
      // Half of the time is for accepted messages, so that finalizers have the other half.
      incarnations.post(thread, { _tag: "Stop", drainMillis: shutdownTimeoutMillis / 2, comesBack, cause })
      deadlines.set("Stop", command, spec(thread))
    },
    Kill(command) {
      incarnations.terminate(command.thread)
      deadlines.set("Kill", command, spec(command.thread))
    },
    Extend(command) {
      debug.extended(`thread "${spec(command.thread).name}"`, command.what === "Start" ? "start" : "stop")
      deadlines.set(command.what, command, spec(command.thread))
    },
    Wake: ({ afterMillis, thread }) => deadlines.wake(thread, afterMillis),
    Prepare: ({ afterMillis, count, thread }) => standby.prepare(spec(thread), count, afterMillis),
    LoadSuccessor: ({ incarnation, thread }) =>
      standby.succeed(spec(thread), (isLoaded) => dispatch({ _tag: "Successor", thread, incarnation, isLoaded })),
    Retire(command) {
      incarnations.post(command.thread, { _tag: "Retire" })
      deadlines.retire(command, spec(command.thread).recycle?.drainMillis ?? 0)
    },
    Age: ({ afterMillis, ...of }) => deadlines.age(of, afterMillis),
    Discard: ({ thread }) => standby.discard(spec(thread))
  } satisfies Partial<Actions>
}

/** What the other threads are told about a thread. */
const routeActions = ({ incarnations, mesh, standby, topology }: Options) => {
  const name = (index: number) => specOf(topology, index).name
  return {
    Open: ({ thread }) => mesh.open(name(thread), incarnations.mailboxesOf(thread)),
    Lose({ cause, incarnation, thread }) {
      // Before its messages are given back.
      incarnations.noteFailing({ thread, incarnation }, specOf(topology, thread))
      mesh.lost(name(thread), incarnation, cause)
    },
    Expect: ({ thread }) => mesh.expected(name(thread)),
    Close({ thread, why }) {
      standby.discard(specOf(topology, thread))
      mesh.gone(name(thread), why)
    }
  } satisfies Partial<Actions>
}

/** What concerns the system as a whole. */
const systemActions = (options: Options) => {
  const { abort, deadlines, debug, onBooted, onFinished, publish, standby, topology } = options
  return {
    Publish: ({ event }) => publish(event),
    Booted: onBooted,
    Ending() {
      standby.close()
      deadlines.setShutdown()
    },
    ExtendShutdown() {
      debug.extended("the system", "stop")
      deadlines.setShutdown()
    },
    Finish: ({ outcome }) => onFinished(outcome),
    Abort: ({ thread }) => abort(specOf(topology, thread).name)
  } satisfies Partial<Actions>
}
