/**
 * Contexts that stay cheap to add services to, however many actors a system has.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** More services than what one request or message adds: spans, RPC middleware, the layers of an HTTP stack. */
const maxDepth = 32

/**
 * Flattens a context. Do this once, before it is used for many requests.
 *
 * A context is a map with one overlay for each service that was added to it. When the overlays reach a limit (8 by default),
 * Effect copies the whole map, and an actor's context contains the clients of all actors. Without this, an HTTP server in an actor
 * pays for that copy at each request.
 */
export const flatten = <Services>(context: Context.Context<Services>): Context.Context<Services> =>
  Context.makeUnsafe(context.mapUnsafe, { maxDepth })

/** A flat map for each actor has this many services at most: with more, they would grow with the square of the number of actors. */
const mostCopied = 384

/**
 * How the contexts of a thread's actors are made from its services, which `shareFlat` has flattened: flattened again, which makes
 * reading them fastest, or, in a large system, as overlays on one map that all actors share.
 */
export const flattenerFor = (services: Context.Context<never>) =>
  services.mapUnsafe.size <= mostCopied ? flatten : <Services>(context: Context.Context<Services>) => context

export type Flatten = ReturnType<typeof flattenerFor>

/** Runs an effect, as the layer of an actor, in its context flattened. */
export const inFlatContext = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  by: Flatten = flatten
): Effect.Effect<A, E, R> => Effect.updateContext(effect, (context: Context.Context<R>) => by(context))
