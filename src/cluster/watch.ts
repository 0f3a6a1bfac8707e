/**
 * Looks who is there: this machine for the others, and for itself.
 *
 * ```text
 *   every half second:  read the machines, by the session that holds this machine's lock
 *      | fails: the session is gone  --+
 *      | this machine is condemned   --+--> leave: the thread ends, and with it all that it holds
 *      | no answer for too long      --+
 *      +--> ping the others --> condemn who is silent, forget who is gone
 * ```
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { SqlClient } from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import { performance } from "node:perf_hooks"
import type { Remote } from "./remote.ts"
import { Excluded } from "./settings.ts"
import * as tables from "./tables.ts"
import * as views from "./view.ts"

/** A timer that is so late was kept by something else on its thread; so long an answer may take that has arrived meanwhile. */
const busyMillis = 50
const unreadMillis = 100

/** What a watch needs, and what it tells. */
export interface Options {
  readonly sql: SqlClient
  readonly session: Connection
  readonly id: number
  readonly address: string
  readonly failoverMillis: number
  readonly remote: Remote
  /** What an error of the database means; goes on after "it ...". */
  readonly explain: (error: SqlError) => string
  /** A machine is gone: nobody may wait for it any more, and the engine has to know. */
  readonly onGone: (address: string, isReplaced: boolean) => Effect.Effect<void>
}

/** A machine's watch, which has not looked yet. */
export class Watch {
  private readonly options: Options
  private view = views.empty
  /** When the last look began that has succeeded. */
  private soundAt = performance.now()
  private lastProblem = ""
  /** The addresses of machines that have gone since it was acted last. */
  private lost: ReadonlyArray<string> = []
  private acting: Fiber.Fiber<void> | undefined

  constructor(options: Options) {
    this.options = options
  }

  /** How the other machines are. */
  others(): ReadonlyArray<views.Described> {
    return views.described(this.view, performance.now())
  }

  /** Why the database does not answer; empty if it does. */
  problem(): string {
    return this.lastProblem
  }

  /** Looks until this machine has to leave, and fails with the reason. */
  readonly run: Effect.Effect<never, Excluded> = Effect.forever(
    Effect.suspend(() => Effect.andThen(this.look, Effect.sleep(views.lookMillis)))
  )

  /** One look. */
  readonly look: Effect.Effect<void, Excluded> = Effect.gen({ self: this }, function*() {
    const { failoverMillis, id, session } = this.options
    const began = performance.now()
    // The others take over `failoverMillis` after they have lost sight of this machine, and not before.
    const restMillis = Math.max(1, this.soundAt + failoverMillis - views.noticeMillis - began)
    // A query that is stuck can't be waited for, not even for its interruption: this machine would leave too late.
    const looking = yield* Effect.forkDetach(tables.look(session, id))
    const silent = () =>
      Effect.fail(
        new Excluded(
          `has left its cluster: the database has not answered for ${Math.round(performance.now() - this.soundAt)} ms`
        )
      )
    // A timer that is late says that this thread was busy, and the answer may be there, unread.
    const lateMillis = () => performance.now() - began - restMillis
    const rows = yield* Fiber.join(looking).pipe(
      Effect.timeoutOrElse({
        duration: restMillis,
        orElse: () =>
          lateMillis() < busyMillis
            ? silent()
            : Effect.timeoutOrElse(Fiber.join(looking), { duration: unreadMillis, orElse: silent })
      }),
      Effect.mapError((error) =>
        error instanceof Excluded
          ? error
          : new Excluded(
            `has left its cluster, because it has lost its session with the database: it ${
              this.options.explain(error)
            }`,
            this.isLate()
          )
      )
    )
    const own = rows.find((row) => row.id === id)
    if (own === undefined || own.condemned) {
      return yield* Effect.fail(
        new Excluded(
          `was put out of its cluster: another machine could not reach it at ${this.options.address}; look whether it was busy or ` +
            "stood still, for a firewall, and whether the others can use that cluster.address",
          own === undefined || this.isLate()
        )
      )
    }
    this.soundAt = began
    const before = this.view
    this.view = views.looked(before, rows.filter((row) => row.id !== id), performance.now())
    this.lost = [...this.lost, ...views.vanished(before, this.view)]
    yield* Effect.forkChild(this.ping)
    // It is not waited for longer than until the next look: that must not be late because a statement waits for another machine.
    if (this.acting?.pollUnsafe() !== undefined) this.acting = undefined
    this.acting ??= yield* Effect.forkDetach(this.act)
    yield* Effect.timeoutOption(Fiber.await(this.acting), views.lookMillis)
  })

  /** Does what follows from what was seen. */
  private readonly act = Effect.gen({ self: this }, function*() {
    const { id, sql } = this.options
    const { lost } = this
    this.lost = []
    for (const address of lost) yield* this.lose(address)
    for (const { address, id: other } of yield* this.outgoing) {
      yield* Effect.logWarning(`machine ${address} can't be reached: it is put out of the cluster`)
      yield* tables.condemn(sql, id, other)
    }
    for (const row of views.over(this.view)) yield* this.forget(row)
  }).pipe(
    Effect.tap(() => Effect.sync(() => void (this.lastProblem = ""))),
    Effect.catch((error) => Effect.sync(() => void (this.lastProblem = `this machine ${this.options.explain(error)}`)))
  )

  /** The machines that are to be put out. */
  private readonly outgoing = Effect.suspend(() => {
    const { failoverMillis, id, sql } = this.options
    const silent = views.silent(this.view, failoverMillis)
    if (silent.length === 0) return Effect.succeed([])
    return Effect.map(
      tables.living(sql, silent, views.livingMillis(failoverMillis)),
      (living) => views.outgoing(this.view, id, failoverMillis, living)
    )
  })

  /** This machine stood still, and others may have taken over meanwhile. */
  private isLate(): boolean {
    return performance.now() - this.soundAt > this.options.failoverMillis
  }

  /** Asks all others whether they are there. */
  private readonly ping = Effect.suspend(() => {
    const others = Array.from(this.view.machines.values()).filter(({ goneSince }) => goneSince === undefined)
    return Effect.forEach(others, ({ row }) => this.pingOne(row), { concurrency: "unbounded", discard: true })
  })

  private pingOne({ address, id }: tables.Row): Effect.Effect<void> {
    return this.options.remote.send(address, (client) => client.HeddlePing()).pipe(
      Effect.timeout(this.options.failoverMillis),
      Effect.tap((found) =>
        Effect.sync(() => {
          // Another process may have come to the same address.
          if (found === id) this.view = views.answered(this.view, id, performance.now())
        })
      ),
      Effect.ignore
    )
  }

  private readonly forget = Effect.fnUntraced(function*(this: Watch, row: tables.Row) {
    yield* tables.remove(this.options.sql, row)
    this.view = views.without(this.view, row.id)
    yield* Effect.logWarning(`machine ${row.address} is gone: others take over what it held`)
    yield* this.lose(row.address)
  })

  /** A machine is not there any more, unless another process has come to its address. */
  private lose(address: string): Effect.Effect<void> {
    return this.options.onGone(address, address === this.options.address || views.isAt(this.view, address))
  }
}
