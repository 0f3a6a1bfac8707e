/**
 * Keyed actors: one small actor for each key, which comes with its first message and goes when it is idle.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ActorError } from "../ActorError.ts"
import * as codec from "../wire/codec.ts"
import * as keyCodec from "../wire/key.ts"
import type { KeyCodec } from "../wire/key.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import { type Behavior, implementationKey, type KeyedOptions } from "./behavior.ts"
import type { Client, StreamOptions } from "./call.ts"
import {
  type Complete,
  type Handled,
  type Implementation,
  type Key,
  keyPrefix,
  type SelfSufficient,
  type SomeHandlers
} from "./checks.ts"

/**
 * The client of a keyed actor.
 *
 * **Details**
 * - `of(key)`: the client of one key, with a method for each message. The first message opens the key.
 * - `awake`: the keys that are awake, of all instances that run or will run again by themselves, in no order.
 * - `wake(key)`: opens a key without a message for it, and completes when it is open. It ends a quarantine.
 * - `stop(key)`: closes a key after the messages that were sent to it before, and completes when its finalizers have run. What
 *   `Actor.kept` has of the key is forgotten, and so are its failures. The next message opens it again. A key that isn't awake
 *   is left so. Messages that have not ended after half of the thread's `shutdownTimeout` are interrupted, or fail with
 *   `Stopping` if they had not started. A handler can't wait for the stop of its own key: that fails at once as a deadlock.
 * - `stop` takes as long as it takes unless `timeout` says otherwise; `awake` and `wake` wait as long as calls of this actor do.
 *
 * **Gotchas**
 * - A key that doesn't match its schema is `NotSendable`, when a message is sent to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyedClient<in Key, out AwakeKey, Rpcs extends Rpc.Any> {
  readonly of: (key: Key) => Client<Rpcs>
  readonly awake: Effect.Effect<ReadonlyArray<AwakeKey>, ActorError>
  readonly wake: (key: Key, options?: StreamOptions) => Effect.Effect<void, ActorError>
  readonly stop: (key: Key, options?: StreamOptions) => Effect.Effect<void, ActorError>
}

/**
 * The class of a keyed actor: its protocol, the schema of its keys, the key of its client, and the maker of its layer.
 *
 * @since 0.1.0
 * @category constructors
 */
export interface Keyed<in out Self, in out Name extends string, in out KeyOf, in out Rpcs extends Rpc.Any>
  extends Context.Key<Self, KeyedClient<KeyOf, KeyOf, Rpcs>>
{
  new(_: never): Context.ServiceClass.Shape<Key<Name>, KeyedClient<KeyOf, KeyOf, Rpcs>> & {
    /** The client's parts of middleware, without which nobody may send a message. */
    readonly "~clientParts"?: Rpc.MiddlewareClient<Rpcs>
  }
  readonly key: Key<Name>
  /** The actor's name, unique in a system. */
  readonly actorName: Name
  /** How long callers wait that don't say; 5 seconds when it is undefined. */
  readonly callTimeout: Duration.Input | undefined
  /** The messages, as a plain `RpcGroup`. */
  readonly protocol: RpcGroup.RpcGroup<Rpcs>
  /** How its keys cross threads. */
  readonly keys: KeyCodec
  /** Returns handlers as they are, checked and typed by the protocol. */
  of<const Handlers extends SomeHandlers<Name, Rpcs, Handlers>>(
    handlers: Handled<Name, Rpcs, NoInfer<Handlers>> & Handlers
  ): Complete<Rpcs, Handlers>
  /**
   * Implements the protocol for one key. Everything the effect acquires belongs to the key and ends with it.
   *
   * **Details**
   * - The layer requires what the effect does, and the middleware of the messages. It is built once; the effect runs for each
   *   key that opens. If it fails, that is a failure of the key, as a defect in one of its handlers is.
   * - `Actor.Current`, `Actor.kept`, `Actor.background` and `Actor.fatal` are those of the key.
   */
  toLayer<Handlers extends SomeHandlers<Name, Rpcs, Handlers>, E = never, R = never>(
    build: (key: KeyOf) => Handled<Name, Rpcs, NoInfer<Handlers>> & (Handlers | Effect.Effect<Handlers, E, R>),
    options?: KeyedOptions
  ): Layer.Layer<
    Implementation<Self>,
    never,
    Exclude<R | RpcGroup.HandlersServices<Rpcs, Complete<Rpcs, Handlers>>, Scope.Scope> | Rpc.Middleware<Rpcs>
  >
}

/**
 * The options of a keyed actor's class: the schema of its keys, and those of `Service`.
 *
 * **Details**
 * - `key`: any schema that needs no services. Keys are equal if their schema encodes them to the same JSON, whatever the order of
 *   fields. So `-0` is `0`, but a field that is `undefined` is not one that is left out.
 * - Keys are in logs, errors, events and spans: what is `Redacted` can't be part of one.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyedServiceOptions<KeyOf, Encoded> {
  readonly key: Schema.Codec<KeyOf, Encoded>
  readonly timeout?: Duration.Input | undefined
}

/**
 * Defines an actor of which there is one for each key: a room, a guild, a user, an order.
 *
 * **Details**
 * - A key opens with the first message for it, lives on one thread, and closes when it has been idle for a while.
 * - Messages of one key are handled one at a time, in the order in which each sender sent them. Other keys don't wait for them.
 * - With several `instances` of its thread each key has its place on one of them, which all senders compute alike.
 * - Everything else is as with `Service`. No message may have a tag that begins with `heddle.`.
 *
 * **Example**
 *
 * ```ts
 * class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, [
 *   Rpc.make("Say", { payload: { text: Schema.String } })
 * ]) {}
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const Keyed = <Self>() =>
<const Name extends string, KeyOf, Encoded, Rpcs extends Rpc.Any>(
  name: Name,
  options: KeyedServiceOptions<KeyOf, Encoded>,
  messages: (ReadonlyArray<Rpcs> | RpcGroup.RpcGroup<Rpcs>) & SelfSufficient<Rpcs>
): Keyed<Self, Name, KeyOf, Rpcs> => {
  const protocol = "requests" in messages ? messages : RpcGroup.make(...messages)
  codec.check(name, protocol.requests)
  keyMessages.check(name, protocol.requests)
  // The first signature is what callers see: it names a missing handler. The second one is what is left to do.
  function toLayer<Handlers extends SomeHandlers<Name, Rpcs, Handlers>, E = never, R = never>(
    build: (key: KeyOf) => Handled<Name, Rpcs, NoInfer<Handlers>> & (Handlers | Effect.Effect<Handlers, E, R>),
    options?: KeyedOptions
  ): Layer.Layer<
    Implementation<Self>,
    never,
    Exclude<R | RpcGroup.HandlersServices<Rpcs, Complete<Rpcs, Handlers>>, Scope.Scope> | Rpc.Middleware<Rpcs>
  >
  function toLayer(
    build: (key: KeyOf) => object | Effect.Effect<object, unknown>,
    options: KeyedOptions = {}
  ) {
    const behavior = Effect.map(Effect.context<never>(), (context): Behavior => ({
      handlers: Context.empty(),
      options: {},
      // A key that was decoded by its schema is what the schema says.
      keyed: { build: (key) => asEffect(build(key as KeyOf)), context, options }
    }))
    return Layer.effect(implementationKey<Self>(name), behavior)
  }
  function of<const Handlers extends SomeHandlers<Name, Rpcs, Handlers>>(
    handlers: Handled<Name, Rpcs, NoInfer<Handlers>> & Handlers
  ): Complete<Rpcs, Handlers>
  function of<const Handlers extends RpcGroup.HandlersFrom<Rpcs>>(handlers: Handlers) {
    return protocol.of(handlers)
  }
  return Object.assign(
    Context.Service<Self, KeyedClient<KeyOf, KeyOf, Rpcs>>()(`${keyPrefix}${name}`),
    { actorName: name, callTimeout: options.timeout, protocol, keys: keyCodec.make(name, options.key), toLayer, of }
  )
}

const asEffect = (built: object | Effect.Effect<object, unknown>): Effect.Effect<unknown, unknown> =>
  isBuilding(built) ? built : Effect.succeed(built)

const isBuilding = (built: object | Effect.Effect<object, unknown>): built is Effect.Effect<object, unknown> =>
  Effect.isEffect(built)
