/**
 * How an actor on any thread reaches the supervisor: as an actor, which the main thread hosts.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Actor from "../Actor.ts"
import { ActorError } from "../ActorError.ts"
import type { Place } from "../link/place.ts"
import { LogLine, PostMortem } from "../PostMortem.ts"
import { Fault, ThreadStatus } from "../Status.ts"
import { NotContained, NotUp, Unkillable, UnknownThread } from "../SystemError.ts"
import { SystemEvent } from "../SystemEvent.ts"
import { ThreadMetric } from "../ThreadMetric.ts"
import { Actors } from "./actors.ts"
import { remoteOf } from "./cluster.ts"
import * as deadLetters from "./deadLetters.ts"
import { History } from "./history.ts"
import { ActorView, NotSeen } from "./inspection.ts"
import { Measures } from "./measures.ts"
import { Settings } from "./settings.ts"
import { System } from "./system.ts"
import { mainThread, type Topology } from "./topology.ts"

const name = { name: Schema.String }
/** `here`: on this machine, even if the thread runs on one machine of several and the cluster decides on which. */
const placed = { ...name, here: Schema.optionalKey(Schema.Boolean) }
const up = Schema.Union([UnknownThread, NotUp, Unkillable, ActorError])

export class Supervisor extends Actor.Service<Supervisor>()("heddle.Supervisor", [
  Rpc.make("Threads", { success: Schema.Array(ThreadStatus) }),
  Rpc.make("Metrics", { success: Schema.Array(ThreadMetric) }),
  Rpc.make("PostMortems", { success: Schema.Array(PostMortem) }),
  /** The last hour of each thread, sampled since this was asked for first. */
  Rpc.make("History", { success: History }),
  /** The log records that are kept, then those to come, some at a time. */
  Rpc.make("Logs", { success: Schema.Array(LogLine), stream: true }),
  Rpc.make("Events", { success: SystemEvent, stream: true }),
  /** An actor on each thread that hosts it. */
  Rpc.make("Inspect", { payload: { actor: Schema.String }, success: Schema.Array(ActorView) }),
  /** A CPU profile of a thread, in parts of a file. */
  Rpc.make("Profile", {
    payload: { thread: Schema.String, millis: Schema.Finite },
    success: Schema.String,
    error: NotSeen,
    stream: true
  }),
  /** A snapshot of a thread's heap, in parts of a file. */
  Rpc.make("Heap", { payload: { thread: Schema.String }, success: Schema.String, error: NotSeen, stream: true }),
  Rpc.make("Measures", { success: Measures }),
  Rpc.make("Settings", { success: Settings }),
  Rpc.make("DeadLetters", { success: deadLetters.Letter, stream: true }),
  Rpc.make("Restart", { payload: placed, error: up }),
  Rpc.make("Stop", { payload: placed, error: up }),
  Rpc.make("Start", { payload: placed, error: up }),
  Rpc.make("Inject", { payload: { ...name, fault: Fault }, error: Schema.Union([UnknownThread, NotUp, NotContained]) }),
  /** Answered when the shutdown has begun: nobody would be left to answer afterwards. */
  Rpc.make("Shutdown", { payload: { why: Schema.String } })
]) {}

/** All threads of a system, the supervisor's own first. */
export const places = (
  topology: Topology
): ReadonlyArray<Place & { readonly actors: ReadonlyArray<Actor.Any> }> => [
  { thread: mainThread, actors: [Supervisor] },
  ...topology.threads.map((spec) => ({
    thread: spec.name,
    group: spec.group.count === 1 ? undefined : spec.group.name,
    actors: spec.actors.map(({ actor }) => actor),
    remote: remoteOf(spec, topology.cluster)
  }))
]

/** The `System` of an actor's thread, by way of the supervisor's client. */
const system = (places: ReadonlyArray<Place>) =>
  Effect.map(Supervisor, (supervisor) =>
    System.of({
      threads: supervisor.Threads(),
      metrics: supervisor.Metrics(),
      postMortems: supervisor.PostMortems(),
      events: supervisor.Events(),
      deadLetters: Stream.map(supervisor.DeadLetters(), deadLetters.reader(places)),
      // They complete when the thread has stopped and started again, which its own time-outs limit.
      restart: (name) => supervisor.Restart({ name }, { timeout: "Infinity" }),
      stop: (name) => supervisor.Stop({ name }, { timeout: "Infinity" }),
      start: (name) => supervisor.Start({ name }, { timeout: "Infinity" }),
      inject: (name, fault) => supervisor.Inject({ name, fault }),
      shutdown: (why) => supervisor.Shutdown({ why }),
      // The threads of actors end before the system does.
      ended: Effect.never
    }))

/** The context of an actor's thread: the client of every actor, `System`, and `Actors`. */
export const services = (
  clients: ReadonlyMap<string, unknown>,
  places: ReadonlyArray<Place>
): Context.Context<never> => {
  const context = Context.makeUnsafe<Supervisor>(clients)
  const withSystem = Context.add(context, System, Effect.runSync(Effect.provideContext(system(places), context)))
  return Context.add(withSystem, Actors, places)
}
