/**
 * How a machine joins: it enters the database, agrees with those that are there, and makes sure that it reaches them.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { performance } from "node:perf_hooks"
import * as agreement from "./agreement.ts"
import { Lost, type Remote } from "./remote.ts"
import { Excluded } from "./settings.ts"
import * as tables from "./tables.ts"

/** How long a machine tries to reach those that were there before it. */
const reachMillis = 10_000
const againMillis = 250

/** Compares what this machine runs with what those run that were there before it, and reaches each of them. */
export const join = Effect.fnUntraced(function*(given: {
  readonly sql: SqlClient
  readonly session: Connection
  readonly id: number
  readonly agreed: agreement.Agreed
  readonly remote: Remote
}) {
  const { agreed, id, remote, session, sql } = given
  const older = Effect.map(
    tables.look(session, id),
    (rows) => rows.filter((row) => row.id < id && !row.isGone && !row.condemned)
  )
  for (const row of yield* tables.agreements(sql, (yield* older).map((row) => row.id))) {
    const differs = agreement.differs(agreement.read(row.agreed), agreed)
    if (differs === undefined) continue
    return yield* Effect.fail(new Excluded(`can't join machine ${row.address}, which runs another version: ${differs}`))
  }
  const due = performance.now() + reachMillis
  for (;;) {
    const problems = yield* Effect.forEach(yield* older, (row) => reach(remote, row), { concurrency: "unbounded" })
    const problem = problems.find((found) => found !== undefined)
    if (problem === undefined) return
    if (performance.now() > due) {
      return yield* Effect.fail(
        new Excluded(
          `can't reach a machine of its cluster: ${problem}; a firewall, an address that only that machine knows, or another cluster.key`
        )
      )
    }
    yield* Effect.sleep(againMillis)
  }
})

/** Why a machine can't be reached; nothing if it can. */
const reach = (remote: Remote, { address }: tables.Row) =>
  remote.send(address, (client) => client.HeddlePing()).pipe(
    Effect.as(undefined),
    Effect.timeoutOrElse({
      duration: 2000,
      orElse: () => Effect.fail(new Lost("maybe", `machine ${address} does not answer`))
    }),
    Effect.catch(({ why }) => Effect.succeed(why))
  )
