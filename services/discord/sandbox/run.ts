import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** Forks an effect that ends with the sandbox. */
export type Run = (effect: Effect.Effect<void>) => Fiber.Fiber<void>
