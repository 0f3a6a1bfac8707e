/**
 * The storage of a simulated system: in memory, for as long as the system runs, whatever becomes of its simulated threads.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import type { Topology } from "../control/topology.ts"

/** The name of a fresh storage in memory; nothing if the system declares none. */
export const make = ({ storage }: Topology): Effect.Effect<string | undefined, never, Scope.Scope> =>
  storage === undefined ? Effect.succeed(undefined) : Effect.map(open, ({ name }) => name)

/** Such a database is there for as long as somebody has it open. */
const open = Effect.acquireRelease(
  Effect.promise(async () => {
    const { DatabaseSync } = await import("node:sqlite")
    const name = `file:heddle-${randomUUID()}?mode=memory&cache=shared`
    return { name, database: new DatabaseSync(name) }
  }),
  ({ database }) => Effect.sync(() => database.close())
)
