/**
 * A thread and its actors, as all threads know them.
 */
import type * as Actor from "../Actor.ts"

/** One thread as all others know it. */
export interface Place {
  readonly thread: string
  /** The name of its declaration, if that has several instances. */
  readonly group?: string | undefined
  /** In the order that all threads agree on. Of an actor that this thread's import does not have there is its name. */
  readonly actors: ReadonlyArray<Actor.Any | { readonly actorName: string }>
}
