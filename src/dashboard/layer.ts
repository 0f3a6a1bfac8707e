/** Builds the dashboard's actor from its options and panels. */
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Actor from "../Actor.ts"
import type { System } from "../control/system.ts"
import { Dashboard, type Options } from "./actor.ts"
import type { Panel } from "./panel.ts"
import { serve } from "./serve.ts"

/** Makes the layer of the actor. */
export const make = <E = never, R = never>(
  options: Options,
  panels: Effect.Effect<ReadonlyArray<Panel>, E, R> | undefined
): Layer.Layer<Actor.Implementation<Dashboard>, unknown, System | Actor.Current | Exclude<R, Scope.Scope>> =>
  Dashboard.toLayer(
    Effect.map(
      serve(options, panels ?? Effect.succeed([])),
      (url) => Dashboard.of({ Address: () => Effect.succeed(url) })
    )
  )
