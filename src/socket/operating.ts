/**
 * Whether a system listens for the `heddle` command. What listens is loaded only if it does.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Control } from "../Control.ts"
import type { Topology } from "../control/topology.ts"
import type { Running } from "../main/run.ts"

/** Has a system listen, if what runs it or else its declaration says so. Completes when it does. */
export const listen = (
  topology: Topology,
  running: Running<never>,
  control: Control | undefined
): Effect.Effect<void, never, Scope.Scope> =>
  (control ?? topology.control)?.["~heddle/Control"] === "socket"
    ? Effect.flatMap(Effect.promise(() => import("./server.ts")), (server) => server.listen(topology, running))
    : Effect.void
