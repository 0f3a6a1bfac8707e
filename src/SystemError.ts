/**
 * Why a system could not be declared, did not start, or ended by itself.
 */
import * as Schema from "effect/Schema"
import * as ExitCause from "./ExitCause.ts"

/** The declaration is faulty; nothing was started. `problems` has one line each, with the field and the value. */
export class InvalidSystem extends Schema.TaggedError<InvalidSystem>()("InvalidSystem", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `the system is declared wrongly, nothing was started:\n${
      this.problems.map((line) => `  - ${line}`).join("\n")
    }`
  }
}

/** A thread did not start; what had started before it was stopped again, in reverse order. */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", {
  thread: Schema.String,
  cause: ExitCause.ExitCause
}) {
  override get message(): string {
    return `thread "${this.thread}" did not start: ${ExitCause.format(this.cause)}`
  }
}

/** A thread's restart budget was spent, so the system stopped in order. */
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

/** No thread of that name is declared. */
export class UnknownThread extends Schema.TaggedError<UnknownThread>()("UnknownThread", {
  name: Schema.String,
  known: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `no thread is named "${this.name}"; the threads are ${this.known.join(", ")}`
  }
}

export type SystemError = InvalidSystem | StartFailed | GaveUp | UnknownThread
