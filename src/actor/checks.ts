/**
 * Types that refuse a wrong declaration of an actor. Each is `unknown` if all is well. Otherwise nothing has the type, and
 * its name says what is wrong in the first line of the compiler's error.
 */
import type * as Layer from "effect/Layer"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcGroup from "effect/rpc/RpcGroup"

/** What the key of each actor's client begins with. */
export const keyPrefix = "heddle/Actor/"

/** The key of an actor's client. */
export type Key<Name extends string> = `${typeof keyPrefix}${Name}`

/**
 * What a layer made by `toLayer` builds; the thread that hosts the actor runs it. `Self` is the actor's class.
 *
 * @since 0.1.0
 * @category models
 */
export interface Implementation<in out Self> {
  readonly "~heddle/Implementation": Self
}

/** A type that nothing has, under a name that says what is wrong. */
type Mistake<Text extends string> = { readonly [Key in Text]: never }

/** Handlers that belong to no message: there must be none. */
export type NoFurther<Name extends string, Rpcs extends Rpc.Any, Handlers> = {
  readonly [Tag in Exclude<keyof Handlers & string, Rpcs["_tag"]>]: `${Name} has no message ${Tag}`
}

/** `unknown` if every message has a handler, else what is missing, in the first line of the compiler's error. */
export type Handled<Name extends string, Rpcs extends Rpc.Any, Handlers> =
  [Exclude<Rpcs["_tag"], keyof Handlers>] extends [never] ? unknown
    : Mistake<`${Name} has no handler for its message ${Exclude<Rpcs["_tag"], keyof Handlers>}`>

/** Handlers as their types say, if there is one for every message; else nothing, so that the compiler complains once. */
export type Complete<Rpcs extends Rpc.Any, Handlers> = Handlers extends RpcGroup.HandlersFrom<Rpcs> ? Handlers : never

/** Handlers of some messages, and none of others: each has the type that its message asks for. */
export type SomeHandlers<Name extends string, Rpcs extends Rpc.Any, Handlers> =
  & Partial<RpcGroup.HandlersFrom<Rpcs>>
  & NoFurther<Name, Rpcs, Handlers>

/** `unknown` when the schemas of all messages need no services, else a type nothing satisfies, which says what is wrong. */
export type SelfSufficient<Rpcs extends Rpc.Any> = [Rpc.Services<Rpcs>] extends [never] ? unknown
  : { readonly "The schema of a message needs a service; messages are translated without any": Rpc.Services<Rpcs> }

/** Whether a name is known only in part, as of an actor of which there are several. */
type IsPattern<Name extends string> = {} extends { readonly [Key in Name]: unknown } ? true : false

/** The name of the actor or other service that a type identifies. */
type NameOf<Identifier> = Identifier extends { readonly key: `${typeof keyPrefix}${infer Name}` } ? Name
  : Identifier extends { readonly key: infer Key extends string } ? Key
  : "something else"

/** `unknown` when a class is its own `Self`: a copied class may have the original's. `Maker` makes such classes. */
export type OwnSelf<Self, Name extends string, Maker extends string> = IsPattern<Name> extends true ? unknown
  : Self extends { readonly key: Key<Name> } ? unknown
  : Mistake<
    `The class of ${Name} has another class as its type: write Actor.${Maker}<${Name}>, not Actor.${Maker}<${NameOf<
      Self
    >}>`
  >

/** The default export of a module: of an ES module, or of one that is compiled to CommonJS. */
export type DefaultOf<Module> = Module extends { readonly default: infer Default } ? Default extends AnyLayer ? Default
  : Default extends { readonly default: infer Inner } ? Inner
  : Default
  : never

/** Any layer, whatever it builds and requires. */
type AnyLayer = Layer.Layer<never, unknown, unknown>

/** The services that a module's layer requires. */
export type RequiredBy<Default> = Default extends AnyLayer ? Layer.Services<Default> : never

/** `unknown` when a module exports the layer of an actor, else what is wrong with it. */
export type Implementing<Self, Name extends string, Module> = [Module] extends [{ readonly default: unknown }]
  ? [DefaultOf<Module>] extends [AnyLayer]
    ? [DefaultOf<Module>] extends [Layer.Layer<Implementation<Self>, unknown, unknown>] ? unknown
    : Mistake<
      `The default export of the module is a layer of ${ImplementedBy<
        DefaultOf<Module>
      >}; write export default ${Name}.toLayer(...)`
    >
  : Mistake<`The default export of the module is not a layer; write export default ${Name}.toLayer(...)`>
  : Mistake<`The module has no default export; write export default ${Name}.toLayer(...)`>

/** The name of the actor that a layer implements. */
type ImplementedBy<Default> = Default extends AnyLayer
  ? Layer.Success<Default> extends Implementation<infer Other> ? NameOf<Other> : "something else"
  : never
