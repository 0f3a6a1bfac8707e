/**
 * Durable messages: kept in the system's storage until they have run, whatever ends in between.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import * as RpcSchema from "effect/rpc/RpcSchema"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type { ActorError } from "../ActorError.ts"
import { type Delivered, type Durability, Durable } from "../wire/durable.ts"

/**
 * How a durable message is kept.
 *
 * **Details**
 * - `id`: makes the id of a message from its payload, a text of 1 to 512 characters. A message whose id its actor, or its key,
 *   has already accepted for the same tag is not accepted a second time: a tell completes, and an ask gets the answer of the first. Default: a
 *   UUID of its own for each message, so that none is a duplicate.
 * - `retry`: when a message runs again whose handler has failed. Its input is the error that the protocol declares, or an
 *   `ActorError` whose reason is `Crashed`. Its delays count from the failure. When the schedule ends, the message becomes a dead letter.
 *   Default: a message that its actor crashed with runs again after 1, 2, 4, 8 and 16 seconds; one that failed with a declared
 *   error does not.
 * - `keepFor`: how long an id is remembered after its message has run. Default 7 days; without `id` nothing is remembered.
 *
 * **Gotchas**
 * - The end of the whole process and an orderly stop of the thread are no failures: such a message runs again at once in the
 *   next process or incarnation. But a message that was being delivered when the process ended without a stop, 5 times, is a dead letter: it may be what ends the
 *   process. From the second time on, such messages run one at a time.
 * - `retry` is asked how long to wait after the nth failure. It begins again each time, so it must not depend on chance or on
 *   effects to decide when it ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface DurableOptions<Payload, Error> {
  readonly id?: ((payload: Payload) => string) | undefined
  readonly retry?: Schedule.Schedule<unknown, Error | ActorError> | undefined
  readonly keepFor?: Duration.Input | undefined
}

/**
 * The mark of a durable message in its type.
 *
 * @since 0.1.0
 * @category models
 */
export interface DurableMark {
  readonly "~heddle/durable"?: true
}

/**
 * Marks a message as durable: it is accepted once it is on disk, and runs at least once, whatever ends in between.
 *
 * **Details**
 * - A call is accepted when its message is in the system's storage, which `System.make({ storage })` declares. From then on it
 *   runs even if its sender, its actor, their threads or the whole process end first.
 * - A tell completes when it is accepted. An ask waits for the answer as well; if it times out or is interrupted, the message still runs.
 * - A message runs at least once. A run that may not be the first is announced to the handler by `Message`, and `id` is the
 *   same each time.
 * - Throws a `TypeError` for a stream, and for a `keepFor` that is no duration.
 *
 * **Gotchas**
 * - Messages of one actor start in the order in which they were accepted, but for those that are delayed or run again.
 * - Middleware comes first: `Actor.durable(Rpc.make(...).middleware(Auth))`. The type of what `.middleware` returns does not say that the message
 *   is durable, so that `after` would not compile.
 * - The file holds payloads as they are, what is `Redacted` among it: give it to those only who may read them.
 * - An ask through the storage is part of no circle that heddle finds: two actors that ask each other by durable messages, and
 *   handle one at a time, wait until their time-outs.
 * - What can't be written to disk, such as a `MessagePort` or shared memory, is `NotSendable`.
 *
 * **Example**
 *
 * ```ts
 * Actor.durable(Rpc.make("Charge", { payload: { order: Schema.String, cents: Schema.Int } }), {
 *   id: ({ order }) => order,
 *   keepFor: "7 days"
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const durable = <
  Tag extends string,
  Payload extends Schema.Top,
  Success extends Schema.Top,
  Error extends Schema.Top,
  Middleware extends RpcMiddleware.AnyService,
  Requires
>(
  message: Rpc.Rpc<Tag, Payload, Success, Error, Middleware, Requires>,
  options: DurableOptions<Payload["Type"], Error["Type"]> = {}
): Rpc.Rpc<Tag, Payload, Success, Error, Middleware, Requires> & DurableMark => {
  const { id } = options
  return message.annotate(Durable, {
    ...durability("Actor.durable", message, options),
    // It is called with what the payload's own schema has made.
    id: id && ((payload) => id(payload as Payload["Type"]))
  })
}

/** How a message without ids of its own is kept. `by`: who says so, for errors. */
export const durability = <Error>(
  by: "Actor.durable" | "Actor.cron",
  { _tag, successSchema }: Pick<Rpc.AnyWithProps, "_tag" | "successSchema">,
  { keepFor, retry }: Pick<DurableOptions<never, Error>, "keepFor" | "retry">
): Durability => {
  if (RpcSchema.isStreamSchema(successSchema)) {
    throw new TypeError(`${by}: ${_tag} is a stream, whose reader does not outlive its thread`)
  }
  return {
    id: undefined,
    // Errors are decoded by the message's own schema before they get here.
    retry: retry as Schedule.Schedule<unknown, unknown> | undefined,
    keepForMillis: keepForMillis(`${by}: ${_tag}`, keepFor)
  }
}

const keepForMillis = (what: string, keepFor: Duration.Input | undefined): number => {
  const millis = keepFor === undefined ? Duration.toMillis("7 days") : toMillis(keepFor)
  if (millis >= 0) return millis
  throw new TypeError(`${what}: ${String(keepFor)} is not a duration of 0 or more; write it as "7 days"`)
}

const toMillis = (duration: Duration.Input): number => {
  try {
    return Number.isNaN(duration) ? Number.NaN : Duration.toMillis(duration)
  } catch {
    return Number.NaN
  }
}

/**
 * What the handler of a durable message knows of its delivery.
 *
 * **Details**
 * - `id`: the same for all runs of the message, and for messages that are duplicates of it.
 * - `attempt`: counts the deliveries of the message, from 1.
 * - `redelivered`: an earlier delivery may have run, whole or in part.
 * - `from`: the actor that sent it, or the thread of the program that did (`"main"`).
 * - `fence`: that of `Cluster.fence`; 0 in a system without cluster, and for an actor that each machine has.
 *
 * @since 0.1.0
 * @category models
 */
export interface Message extends Delivered {}

/**
 * The delivery of the message that a handler runs for.
 *
 * **Example**
 *
 * ```ts
 * const { id, redelivered } = yield* Actor.Message
 * ```
 *
 * **Gotchas**
 * - Only handlers of durable messages have it, and what they fork: elsewhere it dies with a `TypeError`.
 *
 * @since 0.1.0
 * @category services
 */
export const Message: Context.Reference<Message> = Context.Reference<Message>("heddle/Actor/Message", {
  defaultValue: () => {
    throw new TypeError(
      "Actor.Message: only the handler of a message that Actor.durable has made durable has a delivery"
    )
  }
})
