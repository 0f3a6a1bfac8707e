/**
 * How the machines of a cluster are, as one of them sees it.
 */
import * as Schema from "effect/Schema"
import { ThreadStatus } from "../Status.ts"
import { ThreadMetric } from "../ThreadMetric.ts"
import { KeyView, Missing } from "../wire/keyMessages.ts"

/** What a machine runs. */
export const Software = Schema.Struct({
  /** Of the program: that of the next `package.json` above its config module; null where there is none. */
  version: Schema.NullOr(Schema.String),
  heddle: Schema.NullOr(Schema.String),
  node: Schema.String
})
export type Software = typeof Software.Type

/** A number of a machine with its name and labels, as `/metrics` shows it. */
export const Series = Schema.Struct({
  id: Schema.String,
  type: Schema.Literals(["Gauge", "Counter"]),
  description: Schema.String,
  attributes: Schema.Record(Schema.String, Schema.String),
  state: Schema.Union([
    Schema.Struct({ value: Schema.Finite }),
    Schema.Struct({ count: Schema.Finite, incremental: Schema.Boolean })
  ])
})

/** What a machine says of itself when it is asked. */
export const Report = Schema.Struct({
  pid: Schema.Int,
  upMillis: Schema.Finite,
  /** Of the whole process. */
  cpuMicros: Schema.Finite,
  residentBytes: Schema.Finite,
  /** How many parts of the keys that are spread it holds. */
  parts: Schema.Int,
  /** The threads of `once` that it holds. */
  once: Schema.Array(Schema.String),
  threads: Schema.Array(ThreadStatus),
  /** What is counted and measured there, if it was asked for. */
  numbers: Schema.optionalKey(Schema.Struct({ series: Schema.Array(Series), metrics: Schema.Array(ThreadMetric) }))
})
export type Report = typeof Report.Type

/**
 * A machine, as one of them sees it.
 *
 * **Details**
 * - `up`: it answers. `joining`: it has entered, and has not answered yet. `silent`: it has not answered lately. `put out`: the others
 *   are about to take over what it held. `gone`: it has left, or its process has ended.
 */
export const MachineView = Schema.Struct({
  address: Schema.String,
  isSelf: Schema.Boolean,
  state: Schema.Literals(["up", "joining", "silent", "put out", "gone"]),
  /** How old the newest sign of life of it is. */
  ageMillis: Schema.Finite,
  software: Schema.NullOr(Software),
  /** What it says of itself; null if it says nothing. */
  report: Schema.NullOr(Report),
  /** Why it says nothing; null if it does. */
  problem: Schema.NullOr(Schema.String)
})
export type MachineView = typeof MachineView.Type

/** In how many parts keys are divided. */
export const parts = 256

/** The keys of an actor on all machines, and the machines that did not say. */
export const KeysView = Schema.Struct({
  keys: Schema.Array(KeyView),
  missing: Schema.Array(Missing)
})
export type KeysView = typeof KeysView.Type
