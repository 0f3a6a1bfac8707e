/**
 * Opens the database of a storage.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { SqlClient } from "effect/sql/SqlClient"
import { type Database, Unusable } from "./database.ts"
import type { Place } from "./place.ts"
import { explain } from "./problem.ts"
import * as sqlite from "./sqlite.ts"

/** Opens the database of a storage, until the scope closes. */
export const open = (place: Place): Effect.Effect<Database, Unusable, Scope.Scope> =>
  place.kind === "sqlite"
    ? openFile(place.path)
    : Effect.flatMap(Effect.promise(() => import("./postgres.ts")), (postgres) => postgres.open(place))

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
