/**
 * An actor: a named, long-lived service with a typed protocol, its own state and a mailbox.
 *
 * The class is its protocol and the key of its client; it is light and imported by everyone. The layer made by
 * `toLayer` is its implementation; it may be heavy and is loaded only by the thread that hosts it.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import type * as Scope from "effect/Scope"
import { type Behavior, implementationKey, type Options } from "./actor/behavior.ts"
import type { Client } from "./actor/call.ts"
import {
  type Complete,
  type DefaultOf,
  type Handled,
  type Implementation,
  type Implementing,
  type Key,
  keyPrefix,
  type OwnSelf,
  type RequiredBy,
  type SelfSufficient,
  type SomeHandlers
} from "./actor/checks.ts"
import type { Current } from "./actor/current.ts"
import type { Keyed } from "./actor/keyed.ts"
import * as codec from "./wire/codec.ts"
import type { KeyCodec } from "./wire/key.ts"

export {
  type Behavior,
  type Health,
  implementationKey,
  type KeyedBehavior,
  type KeyedOptions,
  type Options,
  type Overflow
} from "./actor/behavior.ts"
export type { CallOptions, Client, DurableCallOptions, StreamOptions } from "./actor/call.ts"
export type { Implementation } from "./actor/checks.ts"
export { cron, type CronOptions } from "./actor/cron.ts"
export { background, Current, fatal, kept, Sender } from "./actor/current.ts"
export { durable, type DurableMark, type DurableOptions, Message } from "./actor/durable.ts"
export { idempotent } from "./actor/idempotent.ts"
export { Keyed, type KeyedClient, type KeyedServiceOptions } from "./actor/keyed.ts"

/**
 * The actor class: its protocol, the key of its client, and the maker of its layer.
 *
 * @since 0.1.0
 * @category constructors
 */
export interface Service<in out Self, in out Name extends string, in out Rpcs extends Rpc.Any>
  extends Context.Key<Self, Client<Rpcs>>
{
  new(_: never): Context.ServiceClass.Shape<Key<Name>, Client<Rpcs>> & {
    /** The client's parts of middleware, without which nobody may send a message. */
    readonly "~clientParts"?: Rpc.MiddlewareClient<Rpcs>
  }
  readonly key: Key<Name>
  /** The actor's name, unique in a system. */
  readonly actorName: Name
  /** How long callers wait that don't say; 5 seconds when it is undefined. */
  readonly callTimeout: Duration.Input | undefined
  /** The messages, as a plain `RpcGroup`: the same value serves HTTP (`RpcServer`) and cluster entities. */
  readonly protocol: RpcGroup.RpcGroup<Rpcs>
  /** Returns handlers as they are, checked and typed by the protocol. */
  of<const Handlers extends SomeHandlers<Name, Rpcs, Handlers>>(
    handlers: Handled<Name, Rpcs, NoInfer<Handlers>> & Handlers
  ): Complete<Rpcs, Handlers>
  /**
   * Implements the protocol. Everything the effect acquires belongs to the actor and ends with it.
   *
   * **Details**
   * - The layer requires the middleware of the messages, as `effect/cluster`'s `Entity.toLayer` does. What a middleware
   *   provides its handlers need not be provided otherwise.
   */
  toLayer<Handlers extends SomeHandlers<Name, Rpcs, Handlers>, E = never, R = never>(
    build: Handled<Name, Rpcs, NoInfer<Handlers>> & (Handlers | Effect.Effect<Handlers, E, R>),
    options?: Options
  ): Layer.Layer<
    Implementation<Self>,
    E,
    Exclude<R | RpcGroup.HandlersServices<Rpcs, Complete<Rpcs, Handlers>>, Scope.Scope> | Rpc.Middleware<Rpcs>
  >
}

/**
 * Any actor class.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any {
  readonly actorName: string
  readonly callTimeout?: Duration.Input | undefined
  readonly key: string
  readonly protocol: { readonly requests: ReadonlyMap<string, Rpc.Any> }
  /** Of a keyed actor: how its keys cross threads. */
  readonly keys?: KeyCodec | undefined
}

/**
 * What callers of an actor have to know of it.
 *
 * **Details**
 * - `timeout`: how long asks and tells wait, and streams until they are open, when the call itself does not say. At least
 *   1 millisecond, or `"Infinity"`. Default 5 seconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceOptions {
  readonly timeout?: Duration.Input | undefined
}

/**
 * Defines an actor by its name and messages.
 *
 * **Details**
 * - Values arrive as they were sent, on another thread and on the same one: what structured clone carries as it is, all else by
 *   the codec of its schema. Throws a `TypeError` that names the message and the field when a schema has neither: an
 *   `instanceOf` a class without a codec, a property named by a symbol.
 * - `options.timeout` is part of the protocol: callers on all threads know it, whether the actor has ever been up or not.
 * - A name is 1–64 letters, digits, `_` or `-`, and begins with a letter; `System.make` checks it. Names with a `.` are
 *   heddle's own.
 * - The messages are a list, or an `RpcGroup`: then with its annotations, and with the middleware of the whole group.
 *
 * **Example**
 *
 * ```ts
 * class Greeter extends Actor.Service<Greeter>()("Greeter", [
 *   Rpc.make("Hello", { payload: { name: Schema.String }, success: Schema.String })
 * ]) {}
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const Service = <Self>() =>
<const Name extends string, Rpcs extends Rpc.Any>(
  name: Name,
  messages: (ReadonlyArray<Rpcs> | RpcGroup.RpcGroup<Rpcs>) & SelfSufficient<Rpcs>,
  options?: ServiceOptions
): Service<Self, Name, Rpcs> => {
  const protocol = "requests" in messages ? messages : RpcGroup.make(...messages)
  codec.check(name, protocol.requests)
  // The first signature is what callers see: it names a missing handler. The second one is what is left to do.
  function toLayer<Handlers extends SomeHandlers<Name, Rpcs, Handlers>, E = never, R = never>(
    build: Handled<Name, Rpcs, NoInfer<Handlers>> & (Handlers | Effect.Effect<Handlers, E, R>),
    options?: Options
  ): Layer.Layer<
    Implementation<Self>,
    E,
    Exclude<R | RpcGroup.HandlersServices<Rpcs, Complete<Rpcs, Handlers>>, Scope.Scope> | Rpc.Middleware<Rpcs>
  >
  function toLayer<Handlers extends RpcGroup.HandlersFrom<Rpcs>, E, R>(
    build: Handlers | Effect.Effect<Handlers, E, R>,
    options: Options = {}
  ) {
    const behavior = Effect.map(protocol.toHandlers(build), (handlers): Behavior => ({ handlers, options }))
    return Layer.effect(implementationKey<Self>(name), behavior)
  }
  function of<const Handlers extends SomeHandlers<Name, Rpcs, Handlers>>(
    handlers: Handled<Name, Rpcs, NoInfer<Handlers>> & Handlers
  ): Complete<Rpcs, Handlers>
  function of<const Handlers extends RpcGroup.HandlersFrom<Rpcs>>(handlers: Handlers) {
    return protocol.of(handlers)
  }
  return Object.assign(
    Context.Service<Self, Client<Rpcs>>()(`${keyPrefix}${name}`),
    { actorName: name, callTimeout: options?.timeout, protocol, toLayer, of }
  )
}

/**
 * An actor and where its implementation is, as a thread declares it. `Requires` are the services its layer asks for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Lazy<out Self, out Requires> {
  readonly actor: Any
  readonly load: () => Promise<unknown>
  readonly "~self"?: Self
  readonly "~requires"?: Requires
}

/** The maker of a class, by the type of its keys. */
type MakerOf<KeyOf> = unknown extends KeyOf ? "Service" : "Keyed"

/**
 * Names the module that implements an actor, to be loaded by the hosting thread only.
 *
 * **Details**
 * - The module's default export is a layer made by this actor's `toLayer`; any other is a type error. It may be an ES module
 *   or CommonJS (`exports.default`, `module.exports`).
 * - What the layer still requires must be other actors of the system; `System.make` checks it.
 *
 * **Example**
 *
 * ```ts
 * Actor.lazy(Greeter, () => import("./GreeterLayer.ts"))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const lazy = <Self, Name extends string, Rpcs extends Rpc.Any, Module, KeyOf>(
  actor:
    & OwnSelf<NoInfer<Self>, NoInfer<Name>, MakerOf<NoInfer<KeyOf>>>
    & (Service<Self, Name, Rpcs> | Keyed<Self, Name, KeyOf, Rpcs>),
  load: Implementing<NoInfer<Self>, NoInfer<Name>, NoInfer<Module>> & (() => Promise<Module>)
): Lazy<Self, Exclude<RequiredBy<DefaultOf<NoInfer<Module>>>, Current>> => ({ actor, load })
