/**
 * Where the storage of a thread is, in the context of its layer.
 */
import * as Context from "effect/Context"

/** The file of a storage, as SQLite is given it. */
export interface Place {
  readonly path: string
}

export const Place = Context.Service<Place>("heddle/Storage/Place")
