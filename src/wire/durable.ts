/**
 * Which messages are kept in the system's storage until they have run. `Actor.durable` marks them; links look at the mark.
 */
import * as Context from "effect/Context"
import type * as Cron from "effect/Cron"
import type * as Schedule from "effect/Schedule"

/** How a durable message is kept. */
export interface Durability {
  /** The id of a message, from its payload. Two messages of one id are one. */
  readonly id: ((payload: unknown) => unknown) | undefined
  /** When a message that failed runs again. */
  readonly retry: Schedule.Schedule<unknown, unknown> | undefined
  /** How long the id of a message that has run is remembered. */
  readonly keepForMillis: number
  /** When the storage sends it by itself. */
  readonly schedule?: Recurrence | undefined
}

/** What becomes of the times of a schedule that come while nothing can run. */
export type Missed = "once" | "skip" | "all"

/** A declared schedule. */
export interface Recurrence {
  readonly cron: Cron.Cron
  /** Equal for two schedules that have the same times: another one begins again. */
  readonly text: string
  readonly missed: Missed
}

/** The mark, an annotation of the message. */
export const Durable = Context.Reference<Durability | undefined>("heddle/Actor/Durable", {
  defaultValue: () => undefined
})

/** The token by which the message that a handler runs for was delivered; 0 if it did not come by a cluster. */
export const Fence = Context.Reference<number>("heddle/Cluster/Fence", { defaultValue: () => 0 })

/** What a handler may know of the delivery of a durable message. */
export interface Delivered {
  readonly id: string
  readonly attempt: number
  readonly redelivered: boolean
  readonly from: string
  readonly fence: number
}
