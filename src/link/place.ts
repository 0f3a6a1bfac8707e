/**
 * A thread and its actors, as all threads know them.
 */
import type * as Actor from "../Actor.ts"
import type { KeyCodec } from "../wire/key.ts"

/** One thread as all others know it. */
export interface Place {
  readonly thread: string
  /** The name of its declaration, if that has several instances. */
  readonly group?: string | undefined
  /** In the order that all threads agree on. Of an actor that this thread's import does not have there is its name. */
  readonly actors: ReadonlyArray<Actor.Any | { readonly actorName: string }>
  /** The names of those that may be on another machine: they are reached through the cluster. */
  readonly remote?: ReadonlyArray<string> | undefined
}

/** How the keys of an actor cross threads, if it is a keyed one. */
export const keysOf = (actor: Place["actors"][number] | undefined): KeyCodec | undefined =>
  actor !== undefined && "protocol" in actor ? actor.keys : undefined
