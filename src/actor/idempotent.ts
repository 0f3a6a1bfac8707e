/**
 * Messages that may run twice.
 */
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcMiddleware from "effect/rpc/RpcMiddleware"
import * as RpcSchema from "effect/rpc/RpcSchema"
import type * as Schema from "effect/Schema"
import { Idempotent } from "../wire/idempotent.ts"

/**
 * Marks a message as one that may run twice: if its actor or its thread dies while it runs, it is sent once more.
 *
 * **Details**
 * - It runs again in the next incarnation, or on another instance, before the messages that wait at its sender. If it is cut off a
 *   second time, it fails with `Crashed`, as one without the mark does at once.
 * - Its time-out is that of the call, for both runs together.
 * - Throws a `TypeError` for a stream, of which elements have been read already.
 *
 * **Gotchas**
 * - What a message has moved by `Transferable` is gone with its first run, so it is not sent again.
 *
 * **Example**
 *
 * ```ts
 * Actor.idempotent(Rpc.make("Resize", { payload: { path: Schema.String } }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const idempotent = <
  Tag extends string,
  Payload extends Schema.Top,
  Success extends Schema.Top,
  Error extends Schema.Top,
  Middleware extends RpcMiddleware.AnyService,
  Requires
>(
  message: Rpc.Rpc<Tag, Payload, Success, Error, Middleware, Requires>
): Rpc.Rpc<Tag, Payload, Success, Error, Middleware, Requires> => {
  if (RpcSchema.isStreamSchema(message.successSchema)) {
    throw new TypeError(
      `Actor.idempotent: ${message._tag} is a stream, which can't begin again; have its reader ask for it again`
    )
  }
  return message.annotate(Idempotent, true)
}
