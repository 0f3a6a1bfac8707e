/**
 * The layers that are being built on a thread, and what none of them can wait for: an actor that starts only after it.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Place } from "./place.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** An actor whose layer is being built; `undefined` for what all actors of the thread share. */
export interface Builder {
  readonly actor: number | undefined
  /** The actors declared after it wait for it. They don't if it is only built again. */
  readonly isFirst: boolean
  /** One of its keys is built, and only that. */
  readonly key?: string | undefined
}

/** The layers of one thread that are being built. */
export type Building = ReturnType<typeof make>

/**
 * Keeps the layers that are being built on a thread.
 *
 * **Details**
 * - While no layer is built, `obstacle` costs one comparison.
 * - Only the fiber that builds a layer is refused. What the layer forks may be answered later.
 */
export const make = (options: {
  readonly self: string
  readonly places: ReadonlyArray<Place>
  /** A thread has started, or at least begun to. */
  readonly isLinked: (thread: string) => boolean
}) => {
  const { isLinked, places, self } = options
  const own = places.find(({ thread }) => thread === self)?.actors ?? []
  // By their fibers: what a layer forks may be answered later, when the layer no longer waits for anything.
  const builders = new Map<AnyFiber, Builder>()
  let held: ReadonlySet<string> = new Set()

  /** Why a layer can't wait for an actor of a thread that starts only after this one. */
  const whyNotElsewhere = (asker: string | undefined, thread: string): string | undefined => {
    if (!held.has(thread) || isLinked(thread)) return undefined
    const layer = asker === undefined ? "a layer" : `the layer of ${asker}`
    return `the actor is not up yet: thread "${thread}" starts after thread "${self}", where ${layer} asks. ` +
      `Declare "${thread}" before "${self}", or ask from Actor.background`
  }

  const why = ({ actor, isFirst }: Builder, thread: string, asked: number): string | undefined => {
    const asker = actor === undefined ? undefined : own[actor]?.actorName
    if (thread !== self) return isFirst ? whyNotElsewhere(asker, thread) : undefined
    if (actor === asked) {
      return "the actor is not up yet: its own layer asks it, and it takes messages once its layer is built. " +
        "Ask from Actor.background"
    }
    if (!isFirst || (actor !== undefined && asked < actor)) return undefined
    return asker === undefined
      ? `the actor is not up yet: the layer that asks belongs to its own thread "${self}", and is built before the actors. ` +
        `Ask from Actor.background in an actor`
      : `the actor is not up yet: it starts after ${asker} on thread "${self}", and the layer of ${asker} asks. ` +
        `Declare it before ${asker}, or ask from Actor.background`
  }

  return {
    /** These threads start only once this one is up. */
    hold(threads: ReadonlyArray<string>): void {
      held = new Set(threads)
    },
    /** Builds a layer. */
    by: <A, E, R>(builder: Builder, build: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.withFiber((fiber) => {
        builders.set(fiber, builder)
        return Effect.ensuring(build, Effect.sync(() => builders.delete(fiber)))
      }),
    /** The fibers that build layers of actors, with the actor. */
    all: (): ReadonlyArray<readonly [AnyFiber, Builder]> => Array.from(builders),
    /** Why a fiber must not wait for an actor: it builds a layer, and the actor is not up before that is built. */
    obstacle(fiber: AnyFiber | undefined, thread: string, actor: number, key?: string): string | undefined {
      if (builders.size === 0 || fiber === undefined) return undefined
      const builder = builders.get(fiber)
      if (builder?.key === undefined) return builder && why(builder, thread, actor)
      return thread === self && builder.actor === actor && builder.key === key ? itself : undefined
    }
  }
}

const itself =
  "the key is not open yet: what builds it asks it, and it takes messages once it is built. Ask from Actor.background"
