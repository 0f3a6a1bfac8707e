/**
 * A declared and checked system: the default export of a config module.
 */
import type * as Topology from "./topology.ts"

const ConfigTypeId = "~heddle/System/Config"

/**
 * A declared system; the default export of a config module. `Actors` are the actors it hosts and what its layer provides,
 * `Parts` the client's parts of middleware that a program needs to send to them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Config<out Actors, out Parts = never> {
  readonly [ConfigTypeId]: typeof ConfigTypeId
  readonly "~actors"?: Actors
  readonly "~parts"?: Parts
  readonly topology: Topology.Topology
}

/**
 * Recognizes the default export of a config module.
 *
 * @since 0.1.0
 * @category guards
 */
export const isConfig = (value: unknown): value is Config<unknown, unknown> =>
  typeof value === "object" && value !== null && ConfigTypeId in value

/** Makes the default export of a config module of a checked declaration. */
export const makeConfig = <Actors, Parts = never>(topology: Topology.Topology): Config<Actors, Parts> => ({
  [ConfigTypeId]: ConfigTypeId,
  topology
})
