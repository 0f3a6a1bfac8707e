/**
 * The next state and the commands that lead to it, while one event is being applied. Only one step ever sees a draft.
 */
import type { ThreadSpec, Topology } from "../../control/topology.ts"
import type { SystemEvent } from "../../SystemEvent.ts"
import type { Command, OfThread, Outcome, State, Surroundings, ThreadState } from "./state.ts"

/** A thread as a rule sees it: where it stands in the declaration, what was declared, and its state before the event. */
export interface Subject {
  readonly index: number
  readonly spec: ThreadSpec
  readonly thread: ThreadState
}

/** A copy of the state that rules may change, and the commands that they have given so far. */
export class Draft {
  readonly topology: Topology
  readonly at: Surroundings
  readonly threads: Array<ThreadState>
  readonly commands: Array<Command> = []
  booting: boolean
  ending: Outcome | undefined
  finished: boolean

  constructor(topology: Topology, before: State, at: Surroundings) {
    this.topology = topology
    this.at = at
    this.threads = Array.from(before.threads)
    this.booting = before.booting
    this.ending = before.ending
    this.finished = before.finished
  }

  /** A declared thread, with its present state. */
  subject(index: number): Subject | undefined {
    const thread = this.threads[index]
    const spec = this.topology.threads[index]
    return thread === undefined || spec === undefined ? undefined : { index, spec, thread }
  }

  /** Changes the state of a thread. */
  set(index: number, change: Partial<ThreadState>): void {
    const thread = this.threads[index]
    if (thread !== undefined) this.threads[index] = { ...thread, ...change }
  }

  /** Gives commands. */
  command(...commands: ReadonlyArray<Command>): void {
    this.commands.push(...commands)
  }

  /** Commands that an event is published. */
  publish(event: SystemEvent): void {
    this.command({ _tag: "Publish", event })
  }

  /** Terminates a thread; it counts as dead only when its `Ended` comes. */
  kill(index: number, change: Partial<ThreadState> = {}): void {
    this.set(index, { ...change, phase: "killing" })
    this.command({ _tag: "Kill", ...this.id(index) })
  }

  /** The present incarnation of a thread, as commands name it. */
  id(index: number): OfThread {
    return { thread: index, incarnation: this.threads[index]?.incarnation ?? 0 }
  }

  /** The present incarnation of a thread, as events name it. */
  label(index: number) {
    return {
      atMillis: this.at.atMillis,
      thread: this.topology.threads[index]?.name ?? "",
      incarnation: this.threads[index]?.incarnation ?? 0
    }
  }

  /** The state that the draft has become, and all commands. */
  result(): readonly [State, ReadonlyArray<Command>] {
    const { booting, commands, ending, finished, threads } = this
    return [{ threads, booting, ending, finished }, commands]
  }
}
