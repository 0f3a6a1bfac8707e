/**
 * How a machine joins: it enters the database, agrees with those that are there, and makes sure that it reaches them.
 */
import * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { performance } from "node:perf_hooks"
import { format } from "../base/address.ts"
import * as agreement from "./agreement.ts"
import { Lost, type Remote } from "./remote.ts"
import { Excluded, type Settings } from "./settings.ts"
import * as tables from "./tables.ts"
import * as transport from "./transport.ts"

/** How long a machine tries to reach those that were there before it. */
const reachMillis = 10_000
const againMillis = 250

/** What to do if two versions don't go together. */
const advice =
  "keep the old messages, add new ones besides, and leave the old ones out in a later version, or end all machines first"

/** Compares what this machine runs with what those run that were there before it, and reaches each of them. */
export const join = Effect.fnUntraced(function*(given: {
  readonly sql: SqlClient
  readonly session: Connection
  readonly id: number
  readonly agreed: agreement.Agreed
  readonly remote: Remote
  readonly settings: Settings
}) {
  const { agreed, id, remote, session, settings, sql } = given
  const older = Effect.map(
    tables.look(session, id),
    (rows) => rows.filter((row) => row.id < id && !row.isGone && !row.condemned)
  )
  for (const row of yield* tables.agreements(sql, (yield* older).map((row) => row.id))) {
    const differs = agreement.differs(agreement.read(row.agreed), agreed)
    if (differs === undefined) continue
    return yield* Effect.fail(
      new Excluded(`can't join machine ${row.address}, which runs another version: ${differs}; ${advice}`)
    )
  }
  // The others have to reach this one as well: else they would put it out again.
  return yield* Effect.scoped(
    Effect.andThen(transport.listen(settings), reachAll(older, remote, format(settings.address)))
  )
})

/** Completes when all machines reach this one, and it reaches them. */
const reachAll = Effect.fnUntraced(function*<E>(
  older: Effect.Effect<ReadonlyArray<tables.Row>, E>,
  remote: Remote,
  own: string
) {
  const due = performance.now() + reachMillis
  for (;;) {
    const problems = yield* Effect.forEach(yield* older, (row) => reach(remote, row, own), { concurrency: "unbounded" })
    const problem = problems.find((found) => found !== undefined)
    if (problem === undefined) return
    if (performance.now() > due) {
      return yield* Effect.fail(new Excluded(`can't take part in its cluster: ${problem}`))
    }
    yield* Effect.sleep(againMillis)
  }
})

const places = "look for a firewall, and for a cluster.address or cluster.key of either that is wrong"

/** Why a machine can't be reached, or can't reach this one; nothing if both can. One at the same address may be about to be gone. */
const reach = (remote: Remote, { address }: tables.Row, own: string): Effect.Effect<string | undefined> =>
  address === own
    ? Effect.succeed(`another machine has its cluster.address ${own}; give each the one by which the others reach it`)
    : Effect.map(reachOther(remote, address, own), (why) => why === undefined ? undefined : `${why}; ${places}`)

const reachOther = (remote: Remote, address: string, own: string) =>
  remote.send(address, (client) => client.HeddleReach({ address: own })).pipe(
    Effect.map((why) => why === null ? undefined : `machine ${address} can't connect to this one at ${own} (${why})`),
    Effect.timeoutOrElse({
      duration: 3000,
      orElse: () => Effect.fail(new Lost("maybe", `machine ${address} does not answer`))
    }),
    Effect.catch(({ why }) => Effect.succeed(why))
  )
