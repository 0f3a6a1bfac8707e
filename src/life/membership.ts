/**
 * What the cluster's thread is told of its own system.
 */
import * as Context from "effect/Context"
import type { Membership } from "../actor/membership.ts"
import { remoteOf } from "../control/cluster.ts"
import { System } from "../control/system.ts"
import type { Topology } from "../control/topology.ts"
import * as protocol from "../wire/protocol.ts"

/** The part that this machine takes in a cluster; nothing if the system declares none. */
export const membershipOf = (
  { cluster, storage, threads }: Topology,
  services: Context.Context<never>
): Membership | undefined => {
  const system = Context.getOrUndefined(services, System)
  if (cluster === undefined || storage?.kind !== "postgres" || system === undefined) return undefined
  const own = threads.filter(({ group }) => group.index === 0)
  const remote = own.flatMap((spec) => {
    const names = remoteOf(spec, cluster)
    return spec.actors.flatMap(({ actor }) => names.includes(actor.actorName) ? [actor] : [])
  })
  return {
    spec: cluster,
    url: storage.url,
    once: own.filter(({ group }) => cluster.once.includes(group.name)).map(({ actors, group }) => ({
      name: group.name,
      actors: actors.map(({ actor }) => actor.actorName)
    })),
    actors: own.flatMap(({ actors }) => actors.map(({ actor }) => actor.actorName)),
    protocols: Object.fromEntries(
      remote.map(({ actorName, keys, protocol: { requests } }) => [
        actorName,
        protocol.digestOf(requests, keys?.schema)
      ])
    ),
    start: system.start,
    stop: system.stop,
    restart: system.restart
  }
}
