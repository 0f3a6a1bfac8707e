/**
 * Why a system could not be declared, did not start, or ended by itself.
 */
import * as Schema from "effect/Schema"
import * as ExitCause from "./ExitCause.ts"
import * as Thread from "./Thread.ts"

/**
 * The declaration is faulty; nothing was started. `problems` has one line each, with the field and the value.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidSystem extends Schema.TaggedError<InvalidSystem>()("InvalidSystem", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `the system is declared wrongly, nothing was started:\n${
      this.problems.map((line) => `  - ${line}`).join("\n")
    }`
  }
}

/**
 * A thread did not start; what had started before it was stopped again, in reverse order.
 *
 * @since 0.1.0
 * @category errors
 */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", {
  thread: Schema.String,
  cause: ExitCause.ExitCause
}) {
  override get message(): string {
    return `thread "${this.thread}" did not start: ${ExitCause.format(this.cause)}`
  }
}

/**
 * A thread's restart budget was spent, so the system stopped in order.
 *
 * @since 0.1.0
 * @category errors
 */
export class GaveUp extends Schema.TaggedError<GaveUp>()("GaveUp", {
  thread: Schema.String,
  failures: Schema.Int,
  cause: ExitCause.ExitCause
}) {
  override get message(): string {
    return `gave up on thread "${this.thread}" after ${this.failures} ${
      this.failures === 1 ? "failure" : "failures"
    } without a stable run between: ${ExitCause.format(this.cause)}`
  }
}

/**
 * No thread of that name is declared.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownThread extends Schema.TaggedError<UnknownThread>()("UnknownThread", {
  name: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `no thread is named "${this.name}"; the threads are ${this.known.join(", ")}`
  }
}

/**
 * An order needs a thread that is up, and it is not: it was given up, it has not started, or the system ends.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotUp extends Schema.TaggedError<NotUp>()("NotUp", {
  thread: Schema.String,
  state: Thread.State,
  /** Why the thread failed last, if it ever did. */
  cause: Schema.NullOr(ExitCause.ExitCause)
}) {
  override get message(): string {
    const advice = {
      idle: "wait until it has started",
      starting: "wait until it has started",
      running: "the system is ending",
      restarting: "wait until it has started again",
      stopping: "start it when it has stopped, unless the system is ending",
      stopped: "start it, unless the system is ending",
      quarantined: "mend what ends it, then start it",
      unkillable: "it is in a synchronous native call, or held by a debugger"
    }
    const cause = this.cause === null ? "" : ` (last failure: ${ExitCause.format(this.cause)})`
    return `thread "${this.thread}" is not up, it is ${this.state}${cause}: ${advice[this.state]}`
  }
}

/**
 * A thread was terminated and is not dead: it is in a synchronous native call, which only the end of the process ends, or held
 * by a debugger; or it is inline, and a fiber of it can't be interrupted.
 *
 * @since 0.1.0
 * @category errors
 */
export class Unkillable extends Schema.TaggedError<Unkillable>()("Unkillable", { thread: Schema.String }) {
  override get message(): string {
    return `thread "${this.thread}" can't be ended: it is in a synchronous native call, held by a debugger, or inline and in a ` +
      "fiber that can't be interrupted"
  }
}

/**
 * A fault was not injected: where the thread runs, it would end more than the thread.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotContained extends Schema.TaggedError<NotContained>()("NotContained", {
  thread: Schema.String,
  isolation: Schema.String,
  fault: Schema.String
}) {
  override get message(): string {
    return `"${this.fault}" would end more than thread "${this.thread}", whose isolation is "${this.isolation}": nothing was ` +
      "injected; inject another fault, or change the isolation"
  }
}

/**
 * A module started a system while a heddle thread imported it; the threads of that system would import the same module,
 * start the same system, and so on. Nothing was started.
 *
 * @since 0.1.0
 * @category errors
 */
export class StartedInThread extends Schema.TaggedError<StartedInThread>()("StartedInThread", {
  thread: Schema.String,
  /** The config module of the system. */
  module: Schema.String
}) {
  override get message(): string {
    return `the system of ${this.module} was about to start in a thread of heddle's own, "${this.thread}", because that imports ` +
      "this module to find its actors: each of its threads would do the same, without end. Write " +
      "System.run(import.meta, { threads: ... }, program), which runs the program in the process's entry only; or declare " +
      "the system in a module of its own (in a bundle: an entry of its own); or start it only if (isMainThread), from node:worker_threads"
  }
}

/**
 * Every way in which a system, or an order to it, can fail.
 *
 * @since 0.1.0
 * @category models
 */
export type SystemError =
  | InvalidSystem
  | StartFailed
  | GaveUp
  | UnknownThread
  | NotUp
  | NotContained
  | StartedInThread
  | Unkillable
