/**
 * How an actor is called: its client's methods and their options.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Rpc from "effect/rpc/Rpc"
import type * as Stream from "effect/Stream"
import type { ActorError } from "../ActorError.ts"

/**
 * Options of one call.
 *
 * **Details**
 * - `timeout`: how long to wait for the answer, sending included, from the end of the turn of the event loop in which it is
 *   asked. Default: the actor's own (see `Service`), else 5 seconds. `"Infinity"` waits as long as it takes.
 * - `discard`: a tell. Completes once the message is accepted; nobody learns what became of it, except as a
 *   `DeadLetter` event when it could not be handled. Default `false`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallOptions<Discard> {
  readonly timeout?: Duration.Input | undefined
  readonly discard?: Discard | undefined
}

/**
 * Options of a call of a durable message.
 *
 * **Details**
 * - `after`: how long the message waits, from when it is accepted, before it runs. Default: not at all. It is measured by the wall
 *   clock across a restart of the process, else by a clock that nobody sets.
 * - `timeout`: how long to wait until the message is accepted and, unless `discard` is set, has run. The message is not taken back
 *   when that time is over.
 *
 * @since 0.1.0
 * @category models
 */
export interface DurableCallOptions<Discard> extends CallOptions<Discard> {
  readonly after?: Duration.Input | undefined
}

/** The options of a call of a message. */
type OptionsOf<Message, Discard> = "~heddle/durable" extends keyof Message ? DurableCallOptions<Discard>
  : CallOptions<Discard>

/**
 * Options of one stream.
 *
 * **Details**
 * - `timeout`: how long to wait until the stream is open, as for a call. The elements may take as long as they like.
 *
 * @since 0.1.0
 * @category models
 */
export type StreamOptions = Pick<CallOptions<false>, "timeout">

/**
 * The typed client of an actor: one method a message, valid for the life of the system.
 *
 * @since 0.1.0
 * @category models
 */
export type Client<Rpcs extends Rpc.Any> = {
  readonly [Current in Rpcs as Current["_tag"]]: true extends Rpc.IsStream<Current, Current["_tag"]>
    ? (payload: Rpc.PayloadConstructor<Current>, options?: StreamOptions) => Stream.Stream<
      Rpc.SuccessChunk<Current>,
      Rpc.ErrorExit<Current> | ClientError<Current> | ActorError
    >
    : <const Discard extends boolean = false>(
      payload: Rpc.PayloadConstructor<Current>,
      options?: OptionsOf<Current, Discard>
    ) => Effect.Effect<
      Discard extends true ? void : Rpc.Success<Current>,
      ActorError | ClientError<Current> | (Discard extends true ? never : Rpc.Error<Current>)
    >
}

/** The errors that the client's parts of a message's middleware add, before it is sent. */
type ClientError<Current> = Current extends
  Rpc.Rpc<infer _Tag, infer _Payload, infer _Success, infer _Error, infer Middleware, infer _Requires>
  ? Middleware["~ClientError"]
  : never
