/**
 * Orders to threads of which one machine of several runs each: they go to that machine, by way of the cluster. If they were carried out
 * here, such a thread might run twice.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type ClusterActor, clusterActor, type Order } from "../actor/clusterActor.ts"
import { ActorError } from "../ActorError.ts"
import type { Topology } from "../control/topology.ts"
import type { Supervisor } from "./supervisor.ts"

/** The same supervisor, but for orders to those threads. */
export const route = (
  { cluster, threads }: Topology,
  supervisor: Supervisor,
  clients: ReadonlyMap<string, unknown>
): Supervisor => {
  if (cluster === undefined || cluster.once.length === 0) return supervisor
  const { system } = supervisor
  const groups = new Map(
    threads.filter(({ group }) => cluster.once.includes(group.name))
      .flatMap(({ group, name }) => [[name, group.name], [group.name, group.name]] as const)
  )
  const give = (order: Order["order"]) => (name: string) => {
    const group = groups.get(name)
    return group === undefined ? system[order](name) : send(clients, { group, name, order })
  }
  return { ...supervisor, system: { ...system, start: give("start"), stop: give("stop"), restart: give("restart") } }
}

const send = (clients: ReadonlyMap<string, unknown>, order: Order) =>
  Effect.suspend(() =>
    Context.get(Context.makeUnsafe<ClusterActor>(clients), clusterActor()).Order(order, { timeout: "Infinity" })
  ).pipe(
    Effect.catchTag(
      "Unreachable",
      (reason) => Effect.fail(new ActorError({ actor: "heddle.Cluster", request: "Order", reason }))
    )
  )
