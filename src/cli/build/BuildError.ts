/**
 * Why nothing was built, in one sentence that says what to do.
 */
import * as Schema from "effect/Schema"

/** Nothing was built. */
export class BuildError extends Schema.TaggedError<BuildError>()("BuildError", { problem: Schema.String }) {
  override get message(): string {
    return `nothing was built: ${this.problem}`
  }
}
