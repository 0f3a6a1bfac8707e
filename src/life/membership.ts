/**
 * What the cluster's thread is told of its own system.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Report } from "../actor/fleet.ts"
import type { Membership } from "../actor/membership.ts"
import { remoteOf } from "../control/cluster.ts"
import { seriesOf } from "../control/measures.ts"
import { Supervisor } from "../control/supervisorActor.ts"
import type { Topology } from "../control/topology.ts"
import * as protocol from "../wire/protocol.ts"

/** Orders complete when they are carried out, which the threads' own time-outs limit. */
const unlimited = { timeout: "Infinity" } as const

/** The part that this machine takes in a cluster; nothing if the system declares none. */
export const membershipOf = (
  { cluster, module, storage, threads }: Topology,
  services: Context.Context<never>
): Membership | undefined => {
  const supervisor = Context.getOrUndefined(services, Supervisor)
  if (cluster === undefined || storage?.kind !== "postgres" || supervisor === undefined) {
    return undefined
  }
  const own = threads.filter(({ group }) => group.index === 0)
  const remote = own.flatMap((spec) => {
    const names = remoteOf(spec, cluster)
    return spec.actors.flatMap(({ actor }) => names.includes(actor.actorName) ? [actor] : [])
  })
  return {
    spec: cluster,
    url: storage.url,
    module,
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
    start: (name) => supervisor.Start({ name, here: true }, unlimited),
    stop: (name) => supervisor.Stop({ name, here: true }, unlimited),
    restart: (name) => supervisor.Restart({ name, here: true }, unlimited),
    look: (isDetailed) =>
      isDetailed ? details(supervisor) : Effect.map(supervisor.Threads(), (threads) => ({ threads }))
  }
}

/** How the threads of this machine are, with all that they count. */
const details = ({ Measures, Metrics, Threads }: Effect.Success<typeof Supervisor>) =>
  Effect.map(
    Effect.all([Threads(), Metrics(), Measures()], { concurrency: "unbounded" }),
    ([threads, metrics, measures]): Pick<Report, "threads" | "numbers"> => ({
      threads,
      numbers: { metrics, series: seriesOf(threads, measures) }
    })
  )
