/**
 * What is known of a thread that has died: why, what it was doing, and what it had said last.
 */
import * as Schema from "effect/Schema"
import * as ExitCause from "./ExitCause.ts"

/**
 * A message whose handler had not ended when its thread died.
 *
 * **Details**
 * - `key`: the one that it was for, of a keyed actor; of a long one the first 64 characters.
 * - `sender`: the thread that sent it; `"main"` for programs.
 * - `ageMillis`: how long its handler had been running. Of a handler that never gave the thread back: since the thread last moved.
 *
 * @since 0.1.0
 * @category models
 */
export const Handling = Schema.Struct({
  actor: Schema.String,
  key: Schema.optional(Schema.String),
  message: Schema.String,
  sender: Schema.String,
  ageMillis: Schema.Finite
})
/**
 * The type of `Handling`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type Handling = typeof Handling.Type

/**
 * A record of a log.
 *
 * **Details**
 * - `time`: ISO 8601. `level`: `"INFO"`, `"ERROR"` and so on; `"STDOUT"` and `"STDERR"` for what was printed past the log.
 * - `incarnation`: that of the actor, or of the thread if no actor has logged.
 * - `span`: the name of the span in which it was logged, with `traceId` and `spanId`.
 * - `stack`: the stacks of what failed.
 *
 * @since 0.1.0
 * @category models
 */
export const LogLine = Schema.Struct({
  time: Schema.String,
  level: Schema.String,
  thread: Schema.String,
  actor: Schema.optional(Schema.String),
  incarnation: Schema.optional(Schema.Int),
  span: Schema.optional(Schema.String),
  traceId: Schema.optional(Schema.String),
  spanId: Schema.optional(Schema.String),
  message: Schema.String,
  annotations: Schema.optional(Schema.Unknown),
  stack: Schema.optional(Schema.String)
})
/**
 * The type of `LogLine`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type LogLine = typeof LogLine.Type

/**
 * The record of one death.
 *
 * **Details**
 * - `cause`: with the stack, and where the thread hung if it did.
 * - `upMillis`: how long the incarnation had been ready; null if it never was.
 * - `handling`: the oldest first, at most 16. `mailboxes`: how many messages waited, by actor.
 * - `logs`: the last 50 records of the thread, and `events` the last 50 of the system, as the log words them.
 * - `heapUsedBytes` and `cpuMillis` (of the thread, since its start) are at most about a second old, `cpuMillis` null where Node
 *   can't tell (before 23.9).
 *
 * **Gotchas**
 * - Payloads of messages are not in it; what actors log is.
 *
 * @since 0.1.0
 * @category models
 */
export const PostMortem = Schema.Struct({
  atMillis: Schema.Finite,
  thread: Schema.String,
  incarnation: Schema.Int,
  cause: ExitCause.ExitCause,
  upMillis: Schema.NullOr(Schema.Finite),
  handling: Schema.Array(Handling),
  mailboxes: Schema.Array(Schema.Struct({ actor: Schema.String, depth: Schema.Int })),
  heapUsedBytes: Schema.Finite,
  cpuMillis: Schema.NullOr(Schema.Finite),
  eventLoopUtilization: Schema.Finite,
  logs: Schema.Array(LogLine),
  events: Schema.Array(Schema.Struct({ atMillis: Schema.Finite, event: Schema.String, text: Schema.String }))
})
/**
 * The type of `PostMortem`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type PostMortem = typeof PostMortem.Type
