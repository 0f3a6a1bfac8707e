/**
 * Starts a thread where its declaration says that it runs.
 */
import type { Isolation } from "../control/isolation.ts"
import type { Topology } from "../control/topology.ts"
import * as inline from "./inline.ts"
import * as childProcess from "./process.ts"
import type { Sharing } from "./sharing.ts"
import * as thread from "./thread.ts"

/** Starts the threads of a system. */
export const spawnIn = (sharing: Sharing): thread.Spawn => {
  const byIsolation: Readonly<Record<Isolation, thread.Spawn>> = {
    thread: thread.spawnIn(sharing),
    process: childProcess.spawnIn(sharing),
    inline: inline.spawnIn(sharing)
  }
  return (topology, spec, on) => byIsolation[spec.isolation](topology, spec, on)
}

/** Why threads of a system can't be started; nothing if all can. */
export const problemOf = (topology: Topology): string | undefined =>
  topology.threads.every(({ isolation }) => isolation === "inline") ? undefined : thread.problemOf(topology)
