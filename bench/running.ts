/** A system for the life of this process, without its log. */
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { System } from "heddle"

/** Boots the system and gives what `effect` gets from it. The end of the process is the end of the system. */
export const run = <Actors, A>(
  config: System.Config<Actors>,
  effect: Effect.Effect<A, unknown, Actors | System.System>
): Promise<A> => ManagedRuntime.make(System.layer(config).pipe(Layer.provide(Logger.layer([])))).runPromise(effect)
