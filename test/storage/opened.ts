/** A storage of its own for a test: its database, and an engine whose messages go to the test. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlClient } from "effect/sql/SqlClient"
import type { Acceptance } from "../../src/actor/storageActor.ts"
import type { Courier, Parcel } from "../../src/link/courier.ts"
import { Engine } from "../../src/storage/engine.ts"
import * as layout from "../../src/storage/layout.ts"
import { open } from "../../src/storage/open.ts"
import { explain } from "../../src/storage/problem.ts"
import { recover } from "../../src/storage/recovery.ts"
import * as sqlite from "../../src/storage/sqlite.ts"
import * as store from "../../src/storage/store.ts"
import type { SystemEvent } from "../../src/SystemEvent.ts"
import * as stored from "../../src/wire/stored.ts"
import { CodecIssue } from "../../src/wire/translator.ts"
import { Ledger } from "../fixtures/durable/Ledger.ts"

/** The database of a file, until the scope closes. */
export const database = (path: string) =>
  Effect.map(Layer.build(Layer.fresh(sqlite.layer(path))), (context) => Context.get(context, SqlClient))

/** An engine over a file, which hands its messages to the list `parcels`. */
export const engine = Effect.fnUntraced(function*(
  path: string,
  { actors = new Map([["Ledger", Ledger]]), isRestart = false }: {
    readonly actors?: Courier["actors"]
    readonly isRestart?: boolean
  } = {}
) {
  const opened = yield* open({ kind: "sqlite", path })
  const { sql } = opened
  yield* layout.migrate(sql)
  const messages = store.make(opened)
  const parcels: Array<Parcel> = []
  const events: Array<SystemEvent> = []
  const courier: Courier = {
    actors,
    isRunning: () => true,
    send: (parcel) => {
      parcels.push(parcel)
      return true
    },
    publish: (event) => void events.push(event)
  }
  const clock = yield* Clock.Clock
  const found = yield* recover(sql, courier, isRestart)
  const storage = new Engine(messages, courier, clock, (error) => explain(error, path), found)
  return { engine: storage, messages, opened, sql, parcels, events }
})

/** What `Ledger.Note` is accepted as. */
export const note = (text: string, id = text): Acceptance => {
  const payload = stored.write({ text })
  if (payload instanceof CodecIssue) throw new Error(payload.text)
  return {
    actor: "Ledger",
    message: "Note",
    key: "",
    id,
    keepForMillis: null,
    payload,
    sender: "main",
    headers: null,
    afterMillis: 0
  }
}
