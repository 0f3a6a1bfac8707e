/**
 * Why nothing was built, in one sentence that says what to do.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Nothing was built. */
export class BuildError extends Schema.TaggedError<BuildError>()("BuildError", { problem: Schema.String }) {
  override get message(): string {
    return `nothing was built: ${this.problem}`
  }
}

/** Writes to a place. What the file system refuses is the sentence. */
export const writing = <A>(place: string, write: () => A): Effect.Effect<A, BuildError> =>
  Effect.try({
    try: write,
    catch: (error) => {
      const why = error instanceof Error ? error.message : String(error)
      return new BuildError({ problem: `${place} can't be written (${why}); name another place, or mend that` })
    }
  })
