/**
 * How many messages a storage has, and for how long the oldest has been waiting, as metrics.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { SqlClient } from "effect/sql/SqlClient"
import { state } from "./layout.ts"

/** The states that are counted: messages that are done are remembered, and nobody waits for them. */
const counted = [["waiting", state.waiting], ["running", state.running], ["dead", state.dead]] as const

const messages = Metric.gauge("heddle_durable_messages", {
  description: "Durable messages in the storage, by receiver and state: waiting, running or dead"
})

const oldest = Metric.gauge("heddle_durable_oldest_seconds", {
  description: "For how long the oldest durable message has been due that has not been handed over, by receiver"
})

/** Makes the effect that measures. What was counted for an actor once is 0 when there is nothing any more. */
export const make = (sql: SqlClient, nowMillis: () => number, owner = 0) => {
  const known = new Map<string, { readonly receiver: string; readonly state: string }>()
  const actors = new Set<string>()
  return Effect.gen(function*() {
    const counts = new Map<string, number>()
    const since = new Map<string, number>()
    for (const [name, state] of counted) {
      const rows = yield* sql.unsafe<{ readonly actor: string; readonly count: number; readonly due: number }>(
        `SELECT actor, count(*) AS count, min(due_at) AS due FROM heddle_messages WHERE state = ${state} AND owner = ${owner} GROUP BY actor`
      )
      for (const { actor, count, due } of rows) {
        counts.set(`${name} ${actor}`, Number(count))
        known.set(`${name} ${actor}`, { receiver: actor, state: name })
        actors.add(actor)
        if (name === "waiting") since.set(actor, Number(due))
      }
    }
    for (const [key, attributes] of known) {
      yield* Metric.update(Metric.withAttributes(messages, attributes), counts.get(key) ?? 0)
    }
    for (const actor of actors) {
      const due = since.get(actor)
      const seconds = due === undefined ? 0 : Math.max(0, (nowMillis() - due) / 1000)
      yield* Metric.update(Metric.withAttributes(oldest, { receiver: actor }), seconds)
    }
  })
}
