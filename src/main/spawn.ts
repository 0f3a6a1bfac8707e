/**
 * Starts a thread where its declaration says that it runs.
 */
import type { Isolation } from "../control/isolation.ts"
import type { Topology } from "../control/topology.ts"
import * as inline from "./inline.ts"
import * as thread from "./thread.ts"

const byIsolation: Readonly<Record<Isolation, thread.Spawn>> = { thread: thread.spawn, inline: inline.spawn }

/** Starts a thread of a system. */
export const spawn: thread.Spawn = (topology, spec, on) => byIsolation[spec.isolation](topology, spec, on)

/** Why threads of a system can't be started; nothing if all can. */
export const problemOf = (topology: Topology): string | undefined =>
  topology.threads.every(({ isolation }) => isolation === "inline") ? undefined : thread.problemOf(topology)
