/**
 * The database of a storage, open and for this process alone.
 */
import type * as Clock from "effect/Clock"
import type * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/** Why a storage can't be opened, or can't be used any more; goes on after "the storage ...". */
export class Unusable {
  readonly _tag = "Unusable"
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** An open database. */
export interface Database {
  readonly sql: SqlClient
  /** Says what an error means, and where. */
  readonly explain: (error: unknown) => string
  /** The first statement of each transaction: fails if another process has taken the storage over. */
  readonly guard: Effect.Effect<void, SqlError | Unusable>
  /** After a commit, and now and then: fails if what was written is not where the next process looks for it. */
  readonly confirm?: Effect.Effect<void, Unusable>
  /** Whose messages this process has, if several share the database; each process has a number of its own. */
  readonly owner?: number
  /** The clock by which messages are due, if that of this machine does not do. */
  readonly clock?: Clock.Clock
  /** Takes over what the other processes have left that are gone, and is for these actors. Returns whether there was something. */
  readonly adopt?: (actors: ReadonlyArray<string>) => Effect.Effect<boolean, SqlError>
}
