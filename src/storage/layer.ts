/**
 * The layer of the storage's actor, which only its own thread imports.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Actor from "../Actor.ts"
import { storageActor } from "../actor/storageActor.ts"
import { Unreachable } from "../ActorError.ts"
import * as thrown from "../base/thrown.ts"
import { Courier } from "../link/courier.ts"
import { type Database, Unusable } from "./database.ts"
import * as depths from "./depths.ts"
import { Engine } from "./engine.ts"
import * as layout from "./layout.ts"
import * as letters from "./letters.ts"
import { open } from "./open.ts"
import { Place } from "./place.ts"
import { recover, takeOver } from "./recovery.ts"
import * as store from "./store.ts"

/** How many messages are accepted at a time: what comes meanwhile waits in the mailbox, and then at its senders. */
const concurrency = 1000

/** How often ids are forgotten whose time is over. */
const forgetEvery = "1 minute"

/** How often it is measured how many messages there are. */
const measureEvery = "5 seconds"

/** How often it is looked whether another machine of the cluster is gone. */
const adoptEvery = "500 millis"

/** How often it is looked whether the files are still there. */
const confirmEvery = "5 seconds"

/** How many dead letters are shown at most. */
const mostLetters = 1000

const StorageActor = storageActor()

/** The actor, once its storage is open: messages that had not ended are handed over again. */
const opened = Effect.gen(function*() {
  const courier = yield* Courier
  const place = yield* Place
  const { isRestart } = place
  const database = yield* open(place)
  const { explain, owner, sql } = database
  const usable = Effect.mapError((error: SqlError | layout.LaterLayout) =>
    new Unusable(error instanceof layout.LaterLayout ? error.text : explain(error))
  )
  yield* usable(layout.migrate(sql))
  const messages = store.make(database)
  const { incarnation } = yield* Actor.Current
  const clock = database.clock ?? (yield* Clock.Clock)
  const found = yield* usable(recover(sql, courier, isRestart === true || incarnation > 1, owner)).pipe(
    Effect.provideService(Clock.Clock, clock)
  )
  yield* usable(warnOfStrangers(sql, courier))
  const engine = new Engine(messages, courier, clock, explain, found)
  // What has ended is written before the database is closed.
  yield* Effect.addFinalizer(() =>
    Effect.catchDefect(engine.step, (defect) => Effect.logError(thrown.describe(defect).message))
  )
  yield* Actor.background(engine.run)
  yield* Effect.forkScoped(
    messages.forget(engine.now()).pipe(
      Effect.catch((error) => Effect.logError(`the storage of durable messages ${explain(error)}`)),
      Effect.andThen(Effect.sleep(forgetEvery)),
      Effect.forever
    )
  )
  yield* Effect.forkScoped(
    depths.make(sql, () => engine.now(), owner).pipe(
      Effect.ignore,
      Effect.andThen(Effect.sleep(measureEvery)),
      Effect.forever
    )
  )
  yield* Actor.background(
    Effect.provideService(adopting(database, engine, courier.actors), Clock.Clock, clock)
  )
  yield* Actor.background(confirming(database))
  const dead = letters.make(database)
  const orRefuse = Effect.mapError((error: SqlError | Unusable) =>
    new Unreachable({ handled: "no", why: error instanceof Unusable ? error.text : explain(error) })
  )
  return StorageActor.of({
    Accept: (acceptance) => engine.accept(acceptance),
    // It holds no place while it waits, so that it delays nobody.
    Ask: (acceptance) => Rpc.fork(engine.ask(acceptance)),
    DeadLetters: ({ limit, ...selection }) => orRefuse(dead.list(selection, Math.max(0, Math.min(limit, mostLetters)))),
    Repeat: (selection) =>
      orRefuse(dead.repeat(selection, engine.now())).pipe(
        Effect.map((repeated) =>
          repeated.map(({ actor, number }) => {
            engine.look(actor)
            return number
          })
        )
      ),
    Drop: (selection) => Effect.map(orRefuse(dead.drop(selection)), (dropped) => dropped.map(({ number }) => number))
  })
})

/** Takes over the messages of machines that are gone, and looks what has become of those of others that are asked for here. */
const adopting = (
  { adopt, explain, owner = 0, sql }: Database,
  engine: Engine,
  actors: Courier["actors"]
): Effect.Effect<void> =>
  adopt === undefined
    ? Effect.void
    : adopt([...actors.keys()]).pipe(
      Effect.flatMap((some) => some ? takeOver(sql, owner) : Effect.succeed(undefined)),
      Effect.tap((killers) => Effect.sync(() => killers && engine.look(undefined, killers))),
      Effect.andThen(engine.lookElsewhere),
      Effect.catch((error) => Effect.logError(`the storage of durable messages ${explain(error)}`)),
      Effect.andThen(Effect.sleep(adoptEvery)),
      Effect.forever
    )

/** Looks whether the storage still has its files, also while nothing is written. */
const confirming = ({ confirm }: Database): Effect.Effect<void> =>
  confirm === undefined ? Effect.void : confirm.pipe(
    Effect.catch(({ text }) => Effect.die(new Error(`the storage of durable messages ${text}`))),
    Effect.andThen(Effect.sleep(confirmEvery)),
    Effect.forever
  )

/** Messages wait for actors that are not declared any more: they are kept. */
const warnOfStrangers = Effect.fnUntraced(function*(sql: SqlClient, { actors }: Courier) {
  const rows = yield* sql.unsafe<{ readonly actor: string; readonly count: number }>(
    `SELECT actor, count(*) AS count FROM heddle_messages WHERE state = ${layout.state.waiting} GROUP BY actor`
  )
  for (const { actor, count } of rows) {
    if (actors.has(actor)) continue
    yield* Effect.logWarning(`${count} durable messages wait for ${actor}, which this system does not declare`)
  }
})

export default StorageActor.toLayer(
  Effect.mapError(opened, ({ text }) => new Error(`the storage of durable messages ${text}`)),
  { concurrency, mailbox: { capacity: 1000 } }
)
