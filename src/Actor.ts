/**
 * An actor: a named, long-lived service with a typed protocol, its own state and a mailbox.
 *
 * The class is its protocol and the key of its client; it is light and imported by everyone. The layer made by
 * `toLayer` is its implementation; it may be heavy and is loaded only by the thread that hosts it.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { ActorError } from "./ActorError.ts"
import type * as RestartPolicy from "./RestartPolicy.ts"
import * as codec from "./wire/codec.ts"

const keyPrefix = "heddle/Actor/"
type Key<Name extends string> = `${typeof keyPrefix}${Name}`

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
      options?: CallOptions<Discard>
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

/**
 * What a sender does when the mailbox is full: wait, fail with `MailboxFull`, or push out the oldest message.
 *
 * @since 0.1.0
 * @category models
 */
export type Overflow = "suspend" | "fail" | "drop-oldest"

/**
 * How an actor takes its messages.
 *
 * **Details**
 * - `concurrency`: messages handled at the same time, in the order of their arrival. Default 1. A stream holds its
 *   place only until its handler has returned the stream, not while the stream is being read.
 * - `mailbox.capacity`: messages that wait, of all senders together. Default 1000.
 * - `mailbox.overflow`: default `"suspend"`.
 * - `restart`: the actor's own restarts inside its thread; the thread fails when they are spent. Default as `Thread`.
 * - `health`: `check` runs every `every` (default 5 seconds). If it fails, dies or does not return before the next one is
 *   due, the actor has failed. Default: none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly concurrency?: number | "unbounded" | undefined
  readonly mailbox?: {
    readonly capacity?: number | undefined
    readonly overflow?: Overflow | undefined
  } | undefined
  readonly restart?: RestartPolicy.Options | undefined
  readonly health?: Health | undefined
}

/**
 * A health check, and how often it runs: every 5 seconds by default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Health {
  readonly check: Effect.Effect<unknown, unknown>
  readonly every?: Duration.Input | undefined
}

/**
 * What a layer made by `toLayer` builds; the thread that hosts the actor runs it. `Self` is the actor's class.
 *
 * @since 0.1.0
 * @category models
 */
export interface Implementation<in out Self> {
  readonly "~heddle/Implementation": Self
}

/**
 * The handlers of an actor, each an `Rpc.Handler` under the key of its message, and how messages reach them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Behavior {
  readonly handlers: Context.Context<never>
  readonly options: Options
}

/** What handlers are that are no message's: nothing is. */
type NoFurther<Name extends string, Rpcs extends Rpc.Any, Handlers> = {
  readonly [Tag in Exclude<keyof Handlers & string, Rpcs["_tag"]>]: `${Name} has no message ${Tag}`
}

/** `unknown` if every message has a handler, else what is missing, in the first line of the compiler's error. */
type Handled<Name extends string, Rpcs extends Rpc.Any, Handlers> = [Exclude<Rpcs["_tag"], keyof Handlers>] extends
  [never] ? unknown
  : Complaint<`${Name} has no handler for its message ${Exclude<Rpcs["_tag"], keyof Handlers>}`>

/** Handlers as their types say, if there is one for every message; else nothing, so that the compiler complains once. */
type Complete<Rpcs extends Rpc.Any, Handlers> = Handlers extends RpcGroup.HandlersFrom<Rpcs> ? Handlers : never

type SomeHandlers<Name extends string, Rpcs extends Rpc.Any, Handlers> =
  & Partial<RpcGroup.HandlersFrom<Rpcs>>
  & NoFurther<Name, Rpcs, Handlers>

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
}

/**
 * The key under which `toLayer` puts an actor's behavior.
 *
 * @since 0.1.0
 * @category models
 */
export const implementationKey = <Self>(actorName: string): Context.Key<Implementation<Self>, Behavior> =>
  Context.Service<Implementation<Self>, Behavior>(`heddle/Implementation/${actorName}`)

/** `unknown` when the schemas of all messages need no services, else a type nothing satisfies, which says what is wrong. */
type SelfSufficient<Rpcs extends Rpc.Any> = [Rpc.Services<Rpcs>] extends [never] ? unknown
  : { readonly "The schema of a message needs a service; messages are translated without any": Rpc.Services<Rpcs> }

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

/** A type that nothing has, under a name that says what is wrong. */
type Complaint<Text extends string> = { readonly [Key in Text]: never }

/** Whether a name is known only in part, as of an actor of which there are several. */
type IsPattern<Name extends string> = {} extends { readonly [Key in Name]: unknown } ? true : false

/** The name of the actor or other service that a type identifies. */
type NameOf<Identifier> = Identifier extends { readonly key: `${typeof keyPrefix}${infer Name}` } ? Name
  : Identifier extends { readonly key: infer Key extends string } ? Key
  : "something else"

/** `unknown` when a class is its own `Self`: a copied class may have the original's. */
type OwnSelf<Self, Name extends string> = IsPattern<Name> extends true ? unknown
  : Self extends { readonly key: Key<Name> } ? unknown
  : Complaint<
    `The class of ${Name} has another class as its type: write Actor.Service<${Name}>, not Actor.Service<${NameOf<
      Self
    >}>`
  >

/** The default export of a module: of an ES module, or of one that is compiled to CommonJS. */
type DefaultOf<Module> = Module extends { readonly default: infer Default } ? Default extends AnyLayer ? Default
  : Default extends { readonly default: infer Inner } ? Inner
  : Default
  : never

type AnyLayer = Layer.Layer<never, unknown, unknown>

type RequiredBy<Default> = Default extends AnyLayer ? Layer.Services<Default> : never

/** `unknown` when a module exports the layer of an actor, else what is wrong with it. */
type Implementing<Self, Name extends string, Module> = [Module] extends [{ readonly default: unknown }]
  ? [DefaultOf<Module>] extends [AnyLayer]
    ? [DefaultOf<Module>] extends [Layer.Layer<Implementation<Self>, unknown, unknown>] ? unknown
    : Complaint<
      `The default export of the module is a layer of ${ImplementedBy<
        DefaultOf<Module>
      >}; write export default ${Name}.toLayer(...)`
    >
  : Complaint<`The default export of the module is not a layer; write export default ${Name}.toLayer(...)`>
  : Complaint<`The module has no default export; write export default ${Name}.toLayer(...)`>

type ImplementedBy<Default> = Default extends AnyLayer
  ? Layer.Success<Default> extends Implementation<infer Other> ? NameOf<Other> : "something else"
  : never

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
export const lazy = <Self, Name extends string, Rpcs extends Rpc.Any, Module>(
  actor: OwnSelf<NoInfer<Self>, NoInfer<Name>> & Service<Self, Name, Rpcs>,
  load: Implementing<NoInfer<Self>, NoInfer<Name>, NoInfer<Module>> & (() => Promise<Module>)
): Lazy<Self, Exclude<RequiredBy<DefaultOf<NoInfer<Module>>>, Current>> => ({ actor, load })

/**
 * What an actor knows of itself, for its layer and its handlers.
 *
 * @since 0.1.0
 * @category services
 */
export class Current extends Context.Service<Current, {
  readonly actor: string
  readonly thread: string
  /** Which of the instances of its thread this is, from 0 on, and how many there are. The same after each restart. */
  readonly instance: { readonly index: number; readonly count: number }
  /** Counts the builds of this actor on its present thread, from 1. */
  readonly incarnation: number
  /** Ends this incarnation of the actor as a failure. */
  readonly fail: (cause: Cause.Cause<unknown>, options: { readonly fatal: boolean }) => Effect.Effect<never>
  /** What the last incarnation left, still encoded, and how to leave a new value. */
  readonly kept: {
    readonly read: Effect.Effect<Option.Option<unknown>>
    readonly write: (encoded: unknown) => Effect.Effect<void>
  }
}>()("heddle/Actor/Current") {}

/**
 * The name of the actor that sends a message, or of the thread whose program does (`"main"`): an annotation of the `client`
 * that middleware and the handlers behind it are given.
 *
 * **Example**
 *
 * ```ts
 * const sender = Context.get(client.annotations, Actor.Sender)
 * ```
 *
 * **Gotchas**
 * - It says which code sends, and proves nothing: threads of one process trust each other.
 *
 * @since 0.1.0
 * @category services
 */
export class Sender extends Context.Service<Sender, string>()("heddle/Actor/Sender") {}

/**
 * Says that trying again is pointless (a refused token, a bad configuration): the actor is not restarted.
 *
 * **Details**
 * - Counts as a spent budget at once: the thread's `onGiveUp` decides what follows.
 * - Never returns; call it from the layer, from a handler or from a fiber that the layer forked.
 *
 * @since 0.1.0
 * @category lifecycle
 */
export const fatal = (cause: unknown): Effect.Effect<never, never, Current> =>
  Effect.flatMap(Current, (current) => current.fail(Cause.die(cause), { fatal: true }))

/**
 * Runs long-lived work that belongs to the actor: when it fails or dies, the actor fails and is restarted.
 *
 * **Details**
 * - The fiber is interrupted when the actor ends. An effect that completes normally is just done.
 * - `Effect.forkScoped` differs: there a failure is lost with the fiber, and the actor goes on without its work.
 *
 * @since 0.1.0
 * @category lifecycle
 */
export const background = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<void, never, R | Current | Scope.Scope> =>
  Effect.flatMap(Current, (current) =>
    Effect.asVoid(Effect.forkScoped(
      Effect.catchCause(effect, (cause) =>
        Cause.hasInterruptsOnly(cause) ? Effect.void : current.fail(cause, { fatal: false }))
    )))

/**
 * A small value that an actor leaves to its next incarnation; the supervisor holds it across crashes.
 *
 * **Details**
 * - `previous`: what the last incarnation set last, if it still decodes; else none.
 * - `set` is cheap to call often, but each call is a message: keep the value small (a session, a cursor).
 * - Values come back as they were set, as those of messages do.
 *
 * **Gotchas**
 * - Held in memory: it ends with the system.
 *
 * @since 0.1.0
 * @category lifecycle
 */
export const kept = Effect.fnUntraced(function*<A, I>(schema: Schema.Codec<A, I>) {
  const current = yield* Current
  codec.checkSchema(`what ${current.actor} keeps`, schema)
  const translator = codec.translator(schema)
  const stored = yield* current.kept.read
  return {
    previous: Option.flatMap(stored, (encoded) => {
      const decoded = translator.decode(encoded)
      return decoded instanceof codec.Complaint ? Option.none() : Option.some(decoded)
    }),
    set: (value: A): Effect.Effect<void> =>
      Effect.suspend(() => {
        const encoded = translator.encode(value)
        return encoded instanceof codec.Complaint
          ? Effect.die(new TypeError(`what ${current.actor} keeps does not match its schema (${encoded.text})`))
          : current.kept.write(encoded.value)
      })
  }
})
