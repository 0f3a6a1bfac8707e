/**
 * Starting a part of a system.
 */
import { clusterThread } from "../actor/clusterActor.ts"
import { storageThread } from "../actor/storageActor.ts"
import type { ThreadSpec, Topology } from "./topology.ts"

/**
 * Has only some threads start with the system, by their names or the names of their declarations. A text says what is wrong. The
 * storage starts in any case.
 */
export const startOnly = (topology: Topology, names: ReadonlyArray<string>): Topology | string => {
  const known = new Set(topology.threads.flatMap(({ group, name }) => [name, group.name]))
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) return `"${unknown}" is no thread of it; there are ${[...known].join(", ")}`
  if (names.length === 0) return "no thread is named"
  const isNamed = ({ group, name }: ThreadSpec) =>
    names.includes(name) || names.includes(group.name) || name === storageThread
  const dormant = topology.threads.flatMap((spec) => isNamed(spec) ? [] : [spec.name])
  return { ...topology, dormant: new Set([...dormant, ...topology.dormant ?? []]) }
}

/** The system as the only machine of its cluster: all keys and threads are here. */
export const alone = ({ cluster, dormant, ...topology }: Topology): Topology => ({
  ...topology,
  ...cluster !== undefined || dormant === undefined ? {} : { dormant },
  threads: topology.threads.filter(({ name }) => name !== clusterThread)
})
