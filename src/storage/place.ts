/**
 * Where the storage of a thread is, in the context of its layer.
 */
import * as Context from "effect/Context"
import type { Url } from "../Storage.ts"

/** The file of a storage, as SQLite is given it, or the address of its database. */
export type Place =
  & (
    | { readonly kind: "sqlite"; readonly path: string }
    | { readonly kind: "postgres"; readonly url: Url }
  )
  & {
    /** An earlier thread of this process has had the storage. */
    readonly isRestart?: boolean
    /** The machines of a cluster share it. */
    readonly isShared?: boolean
  }

export const Place = Context.Service<Place>("heddle/Storage/Place")
