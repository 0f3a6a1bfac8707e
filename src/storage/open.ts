/**
 * Opens the database of a storage.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { SqlClient } from "effect/sql/SqlClient"
import { type Database, Unusable } from "./database.ts"
import * as fileIdentity from "./fileIdentity.ts"
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
    onSuccess: (context): Database => {
      const sql = Context.get(context, SqlClient)
      return {
        sql,
        explain: (error) => explain(error, path),
        guard: Effect.void,
        ...sqlite.isMemory(path) ? {} : { confirm: confirmed(sql, fileIdentity.watch(path)) }
      }
    }
  })

/** Fails if the files are not those that are open; what is in the journal is written to the file before, wherever that is now. */
const confirmed = (sql: SqlClient, problem: () => string | undefined): Effect.Effect<void, Unusable> =>
  Effect.suspend(() => {
    const text = problem()
    if (text === undefined) return Effect.void
    // SQLite does not do so when it closes a file that was moved, and would take the journal for that of the file which is there now.
    const checkpoint = Effect.ignore(sql.unsafe("PRAGMA wal_checkpoint(TRUNCATE)"))
    return Effect.andThen(checkpoint, Effect.fail(new Unusable(text)))
  })
