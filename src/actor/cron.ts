/**
 * Messages that come by the clock: the storage sends them, at the times of a cron expression.
 */
import * as Cron from "effect/Cron"
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import type * as Schema from "effect/Schema"
import { Durable, type Missed, type Recurrence } from "../wire/durable.ts"
import { durability, type DurableMark, type DurableOptions } from "./durable.ts"

/**
 * How a schedule runs.
 *
 * **Details**
 * - `timeZone`: the zone of the expression, such as `"Europe/Berlin"`. Default `"UTC"`. A `Cron` value has its own.
 * - `missed`: what becomes of times that come while the process is down, or while the run of an earlier time has not ended,
 *   its retries included. `"once"`, the default: one run, for the latest of them, as soon as it can start. `"skip"`: none; a time is missed when it is more than a
 *   minute late. `"all"`: a run for each of them, of the last 7 days at most, next to the earlier ones.
 * - `retry`: when a run is repeated that has failed, as for `Actor.durable`.
 * - `keepFor`: how long a time is remembered that has run. Default 1 day.
 *
 * @since 0.1.0
 * @category models
 */
export interface CronOptions<Error> extends Pick<DurableOptions<never, Error>, "retry"> {
  readonly timeZone?: string | undefined
  readonly missed?: Missed | undefined
  readonly keepFor?: Duration.Input | undefined
}

/**
 * Declares a schedule: the storage sends this durable message by itself, once for each time of a cron expression.
 *
 * **Details**
 * - The expression has five fields, or six that begin with the second. It may be a `Cron` of Effect.
 * - Each time has one run, on one instance, whatever restarts in between; the run is a durable message and has all that is promised of
 *   one, so it may be delivered again. The `id` of `Actor.Message` is the time, as in `"2026-03-29T07:00:00.000Z"`.
 * - A schedule begins when its system first starts with it, and again when its expression changes.
 * - It goes by the wall clock, and notices within 10 seconds that the clock was set. A time that has run does not run again when the clock
 *   is set back by less than a day.
 * - When the clocks of its zone go forward, a time in the gap runs right after it. When they go back, a time that comes twice runs the first time only,
 *   unless it is of every hour.
 * - Anybody may send the message as well.
 *
 * **Gotchas**
 * - A keyed actor can't have one, since it has no key to send to: declare it on a plain actor, which tells the keys.
 * - Throws a `TypeError` for what is no cron expression or never comes, for an unknown time zone, and for a message with a payload.
 *
 * **Example**
 *
 * ```ts
 * Actor.cron(Rpc.make("SendReport"), "0 9 * * 1-5", { timeZone: "Europe/Berlin", missed: "skip" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const cron = <
  Tag extends string,
  Success extends Schema.Top,
  Error extends Schema.Top,
  Middleware extends RpcMiddleware.AnyService,
  Requires
>(
  message: Rpc.Rpc<Tag, Schema.Void, Success, Error, Middleware, Requires>,
  expression: string | Cron.Cron,
  options: CronOptions<Error["Type"]> = {}
): Rpc.Rpc<Tag, Schema.Void, Success, Error, Middleware, Requires> & DurableMark => {
  const { _tag, payloadSchema } = message
  const { keepFor = "1 day", missed = "once", retry, timeZone = "UTC" } = options
  if (payloadSchema.ast._tag !== "Void") {
    throw new TypeError(`Actor.cron: ${_tag} has a payload, and the clock has none to send; take it off`)
  }
  if (!["once", "skip", "all"].includes(missed)) {
    throw new TypeError(`Actor.cron: ${_tag}: missed is "once", "skip" or "all", not ${String(missed)}`)
  }
  return message.annotate(Durable, {
    ...durability("Actor.cron", message, { keepFor, retry }),
    schedule: recurrence(_tag, expression, { missed, timeZone })
  })
}

/** A schedule, checked: it can be read, and comes at least once. */
const recurrence = (
  tag: string,
  expression: string | Cron.Cron,
  { missed, timeZone }: { readonly missed: Missed; readonly timeZone: string }
): Recurrence => {
  const cron = Cron.isCron(expression) ? expression : parse(tag, expression, timeZone)
  try {
    Cron.next(cron, new Date())
  } catch {
    throw new TypeError(`Actor.cron: ${tag}: ${Cron.format(cron)} never comes`)
  }
  // All fields of it, its zone among them.
  const text = JSON.stringify(cron)
  return { cron, text, missed }
}

/** Of every hour is what does not name hours: it runs in the hour that comes twice both times. */
const parse = (tag: string, expression: string, timeZone: string): Cron.Cron => {
  const read = (onDstOverlap: Cron.DstOverlapPolicy): Cron.Cron =>
    Result.getOrThrowWith(
      Cron.parse(expression, timeZone, { onDstOverlap }),
      ({ message }) =>
        new TypeError(`Actor.cron: ${tag}: ${JSON.stringify(expression)} in ${JSON.stringify(timeZone)}: ${message}`)
    )
  const cron = read("earlier")
  return cron.hours.size === 0 || cron.hours.size === 24 ? read("both") : cron
}
