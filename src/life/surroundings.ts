/**
 * What differs between a real thread and a simulated one: how it reaches its supervisor, and what it can do to itself.
 */
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Logging, LogRecord } from "../control/logRecord.ts"
import type { ToSupervisor, ToThread } from "../control/protocol.ts"
import type { Topology } from "../control/topology.ts"
import type { Failure } from "../host/hostContext.ts"
import type { LinkEnd, LinkPort } from "../link/peer.ts"
import type { After } from "../loop/timeouts.ts"
import type { Fault } from "../Status.ts"

/** What surrounds the thread. */
export interface Surroundings {
  /** Imports the config module and takes its declaration. */
  readonly topology: Effect.Effect<Topology, Failure>
  /** Posts a message to the supervisor. */
  readonly post: (message: ToSupervisor) => void
  /** Calls `receive` with each message of the supervisor. */
  readonly listen: (receive: (message: ToThread) => void) => void
  /** The timers of links. */
  readonly after: After
  /** Takes this thread's end of a link. */
  readonly connect: (port: LinkPort) => LinkEnd["connect"]
  /** Makes the thread fail on purpose. */
  readonly inject: (fault: Fault) => void
  /** Shows that the event loop turns; with `tell`, reports the metrics as well. `sentMillis`: when it was asked for. */
  readonly beat: (tell: boolean, sentMillis: number) => void
  /** Ends the thread's child processes: asked first, and killed after this time. */
  readonly endChildren: (graceMillis: number) => Effect.Effect<void>
  /** The loggers and the level of the thread, unless its layers provide others. */
  readonly logging: (
    logging: Logging,
    incarnation: number,
    post: (record: LogRecord) => void
  ) => Context.Context<never>
  /** Makes the thread quicker to begin, in time that nobody waits for. */
  readonly warmUp: () => void
  /** Calls `f` right before the thread ends from within, by whatever error. */
  readonly atExit: (f: () => void) => void
}
