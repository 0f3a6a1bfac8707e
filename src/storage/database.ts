/**
 * The database of a storage, open and for this process alone.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Place } from "./place.ts"
import { explain } from "./problem.ts"
import * as sqlite from "./sqlite.ts"

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
}

/** Opens the database of a storage, until the scope closes. */
export const open = (place: Place): Effect.Effect<Database, Unusable, Scope.Scope> =>
  place.kind === "sqlite"
    ? openFile(place.path)
    : Effect.flatMap(Effect.promise(() => import("./postgres.ts")), (postgres) => postgres.open(place.url))

/** Its lock keeps other processes out. */
const openFile = (path: string): Effect.Effect<Database, Unusable, Scope.Scope> =>
  Effect.mapBoth(Layer.build(sqlite.layer(path)), {
    onFailure: (error) => new Unusable(explain(error, path)),
    onSuccess: (context): Database => ({
      sql: Context.get(context, SqlClient),
      explain: (error) => explain(error, path),
      guard: Effect.void
    })
  })
