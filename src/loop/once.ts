/**
 * Loads code that only some systems need, where they do.
 */
import * as Effect from "effect/Effect"

/**
 * Loads something the first time that it is asked for. From then on it is there at once: a simulated thread that comes back takes no
 * time that the clock of a test does not see.
 *
 * **Gotchas**
 * - What can't be loaded is a defect: it is a part of heddle.
 */
export const once = <A>(load: () => Promise<A>): Effect.Effect<A> => {
  let loaded: { readonly value: A } | undefined
  return Effect.suspend(() => {
    if (loaded !== undefined) return Effect.succeed(loaded.value)
    return Effect.map(Effect.promise(load), (value) => {
      loaded = { value }
      return value
    })
  })
}

/** The same, if it is needed. */
export const onceIf = <A>(isNeeded: boolean, load: Effect.Effect<A>): Effect.Effect<A | undefined> =>
  isNeeded ? load : Effect.undefined

/** What was loaded. It throws if that has been forgotten: then something is used that nobody has declared. */
export const loaded = <A>(value: A | undefined, what: string): A => {
  if (value === undefined) throw new Error(`heddle has not loaded its part for ${what}`)
  return value
}
