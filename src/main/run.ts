/**
 * Runs a declared system on this thread: the supervisor, its own actor, and the clients for programs.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as copies from "../base/copies.ts"
import * as log from "../base/log.ts"
import type { Config } from "../control/config.ts"
import * as deadLetters from "../control/deadLetters.ts"
import { settingsOf } from "../control/settings.ts"
import * as supervision from "../control/supervisorActor.ts"
import { System } from "../control/system.ts"
import { mainThread, type Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import * as actors from "../host/actors.ts"
import * as endpoint from "../host/endpoint.ts"
import type { Failure } from "../host/hostContext.ts"
import * as inFlight from "../host/inFlight.ts"
import * as layers from "../host/layers.ts"
import * as serving from "../host/serving.ts"
import * as telemetry from "../host/telemetry.ts"
import { type After, onTimer } from "../loop/timeouts.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import { GaveUp, InvalidSystem, StartFailed, type SystemError, Unkillable } from "../SystemError.ts"
import type { Outcome } from "./decide/index.ts"
import * as systemEnd from "./end.ts"
import { leave } from "./exit.ts"
import * as exporting from "./exporting.ts"
import { follow } from "./followLogs.ts"
import * as forgotten from "./forgotten.ts"
import * as history from "./history.ts"
import * as mesh from "./mesh.ts"
import type { Operator } from "./operator.ts"
import * as placedOrders from "./placedOrders.ts"
import * as sharings from "./sharing.ts"
import { problemOf, spawnIn } from "./spawn.ts"
import * as supervisor from "./supervisor.ts"
import type { Spawn } from "./thread.ts"

/** A system under its supervisor. */
export interface Running<Actors> {
  /** The client of every actor, and `System`. */
  readonly services: Context.Context<Actors | System>
  /** Starts the threads; fails when they did not get ready. False: the system was shut down meanwhile. */
  readonly boot: Effect.Effect<boolean, SystemError>
  /** Completes when the system has stopped, for any reason. */
  readonly ended: Effect.Effect<supervisor.Ending>
  /** Stops every thread in order, at whatever stage the system is, and waits for it. */
  readonly shutdown: (why: string) => Effect.Effect<supervisor.Ending>
  /** How the program learns that the system has ended. */
  readonly end: systemEnd.End
  /** What the program does with the system. */
  readonly use: forgotten.Use
  /** What operates the system from outside asks it. */
  readonly supervisor: supervisor.Supervisor
}

/** The failure that an ending is, if it is one. */
export const failureOf = (topology: Topology, { outcome }: supervisor.Ending): SystemError | undefined => {
  switch (outcome._tag) {
    case "Asked":
      return undefined
    case "StartFailed":
      return new StartFailed({ thread: topology.threads[outcome.thread]?.name ?? "", cause: outcome.cause })
    case "GaveUp":
      return gaveUp(topology, outcome)
  }
}

/** What `System.ended` fails with. A first start that failed is told by `boot`. */
const failedEnd = (topology: Topology, { outcome, terminated, unkilled }: supervisor.Ending) => {
  const [undead] = unkilled
  const error = outcome._tag === "GaveUp"
    ? gaveUp(topology, outcome)
    : outcome._tag === "Asked" && undead !== undefined
    ? new Unkillable({ thread: undead })
    : undefined
  return error && { error, isLate: terminated.length > 0, isHeldUp: undead !== undefined }
}

const gaveUp = (
  topology: Topology,
  { cause, failures, thread }: Extract<Outcome, { readonly _tag: "GaveUp" }>
): GaveUp => new GaveUp({ thread: topology.threads[thread]?.name ?? "", failures, cause })

/**
 * Sets a system up without starting it, its layer built first. Closing the scope shuts it down in order.
 */
export const make = <Actors>(
  config: Config<Actors, unknown>,
  options: Parameters<typeof assemble>[1] = {}
): Effect.Effect<Running<Actors>, SystemError, Scope.Scope> =>
  Effect.gen(function*() {
    const { module } = config.topology
    const problem = options.spawn === undefined ? problemOf(config.topology) : undefined
    if (problem !== undefined) return yield* new InvalidSystem({ problems: [problem] })
    if (copies.importsAnother(module)) yield* Effect.logWarning(`two copies of effect: ${copies.account(module)}`)
    const provided = yield* buildLayer(config.topology)
    const running = yield* Effect.provideContext(assemble(config, options), provided)
    if (options.spawn === undefined) yield* exporting.start(running.supervisor.series)
    return { ...running, services: Context.merge(provided, running.services) }
  })

/** Builds the system's layer for main: for the supervisor and the program. */
const buildLayer = Effect.fnUntraced(
  function*(topology: Topology): Effect.fn.Return<Context.Context<never>, Failure, Scope.Scope> {
    const memoMap = Layer.CurrentMemoMap.forkOrCreate(yield* Effect.context<never>())
    const millis = Math.max(...topology.threads.map(({ startTimeoutMillis }) => startTimeoutMillis))
    const late = Effect.fail({ cause: ExitCause.StartTimedOut.make({ millis }), fatal: false })
    return yield* layers.load(topology, mainThread, mainThread).pipe(
      Effect.flatMap((loaded) =>
        Effect.flatMap(Effect.scope, (scope) =>
          Effect.flatMap(
            layers.build(loaded, memoMap, scope),
            (built) => telemetry.add(mainThread, built, scope)
          ))
      ),
      Effect.timeoutOrElse({ duration: millis, orElse: () => late })
    )
  },
  Effect.mapError(({ cause }) => new StartFailed({ thread: mainThread, cause }))
)

/** Puts a system together, and starts it. */
const assemble = Effect.fnUntraced(function*<Actors>(
  config: Config<Actors, unknown>,
  options: {
    readonly spawn?: Spawn
    readonly after?: After
    /** A thread can't be killed, and its declaration says to end the process then; called a tick after `ended` failed. */
    readonly abort?: (thread: string) => void
    /** The supervisor logs what went wrong, and nothing else. */
    readonly isQuiet?: boolean
  } = {}
): Effect.fn.Return<Running<Actors>, never, Scope.Scope> {
  const { topology } = config
  const scope = yield* Effect.scope
  const end = systemEnd.make()
  const sharing = yield* options.spawn === undefined ? sharings.scoped(topology) : Effect.succeed(sharings.inProcess)
  const memory = statusBlock.allocate(1, sharing.allocate)
  const seen = { places: supervision.places(topology), self: mainThread }
  const links = endpoint.make({
    ...seen,
    extras: yield* endpoint.load(seen),
    block: memory,
    after: options.after ?? onTimer,
    onDeadLetter: (letter) =>
      supervising.publishLetter(deadLetters.withPayload(Date.now(), letter, supervising.arePayloadsRead())),
    onLost: (sender, losses) =>
      deadLetters.lostLetters(Date.now(), seen.places, sender, losses).forEach(supervising.publish)
  })
  const use = forgotten.make(() => links.isAwaiting())
  links.provide(yield* Effect.context<never>())
  yield* Scope.addFinalizer(scope, Effect.sync(() => links.close()))
  const own = yield* supervisor.make({
    topology,
    spawn: options.spawn ?? spawnIn(sharing),
    mesh: mesh.make({
      main: links,
      mainBlock: memory,
      mainMailboxes: links.hosts.map(({ mailbox }) => mailbox.announced()),
      sharing
    }),
    isQuiet: options.isQuiet ?? false,
    abort(thread) {
      end.settle({ error: new Unkillable({ thread }), isLate: true, isHeldUp: true }, { throws: false })
      setImmediate(() => options.abort?.(thread))
    }
  })
  const supervising = placedOrders.route(topology, own, links.clients)
  Effect.runFork(Effect.map(supervising.ended, (ending) => end.settle(failedEnd(topology, ending))))

  const hosted = actors.make({
    thread: mainThread,
    instance: { index: 0, count: 1 },
    incarnation: 1,
    endpoint: links,
    services: Context.empty(),
    memoMap: Layer.makeMemoMapUnsafe(),
    inFlight: inFlight.make(links.block),
    kept: new Map(),
    closeMillis: 1000,
    scope,
    onKept: () => {},
    publish: () => {}
  }, [{ actor: supervision.Supervisor, layer: serve(topology, supervising, own.system), serve: serving.serve }])
  yield* Effect.orDie(Effect.mapError(hosted.start, ({ cause }) => cause))
  yield* Scope.addFinalizer(scope, hosted.stop({ drainMillis: 100, comesBack: false }))

  yield* Scope.addFinalizer(scope, supervising.shutdown("its scope was closed"))

  const services = new Map(links.clients).set(System.key, systemOf(supervising, end, use))
  return {
    services: Context.makeUnsafe<Actors | System>(services),
    boot: bootOf(topology, supervising),
    ended: supervising.ended,
    shutdown: supervising.shutdown,
    end,
    use,
    supervisor: supervising
  }
})

/** The system as its program sees it. */
const systemOf = ({ shutdown, system }: supervisor.Supervisor, end: systemEnd.End, use: forgotten.Use) =>
  System.of({
    ...system,
    events: use.reading(system.events),
    deadLetters: use.reading(system.deadLetters),
    ended: use.during(end.ended),
    shutdown: (why) => Effect.asVoid(end.awaited(shutdown(why)))
  })

/** Starts the threads, and turns how the system ended instead into a failure. */
const bootOf = (topology: Topology, { boot }: supervisor.Supervisor): Effect.Effect<boolean, SystemError> =>
  Effect.flatMap(boot, (ending) => {
    const failure = ending && failureOf(topology, ending)
    return failure === undefined ? Effect.succeed(ending === undefined) : Effect.fail(failure)
  })

/** The supervisor as an actor, for the actors on other threads. */
const serve = (
  topology: Topology,
  { beginShutdown, inspect, letters, measures, readLogs, system, threadOf }: supervisor.Supervisor,
  own: Operator
) => {
  const looking = Effect.promise(() => import("./looking.ts"))
  const seen = { threads: system.threads, inspect, threadOf }
  return supervision.Supervisor.toLayer(
    Effect.map(history.make(system.threads), (lastHour) =>
      supervision.Supervisor.of({
        Inspect: ({ actor }) => Effect.flatMap(looking, ({ inspect }) => inspect(seen, actor)),
        Profile: ({ millis, thread }) =>
          Stream.unwrap(Effect.map(looking, ({ profile }) => profile(seen, topology.threads, thread, millis))),
        Heap: ({ thread }) => Stream.unwrap(Effect.map(looking, ({ heap }) => heap(seen, topology.threads, thread))),
        Measures: () => Effect.sync(measures),
        Settings: () => Effect.sync(() => settingsOf(topology, process.env)),
        Threads: () => system.threads,
        Metrics: () => system.metrics,
        PostMortems: () => system.postMortems,
        History: () => lastHour,
        Logs: () => follow(readLogs),
        Events: () => system.events,
        DeadLetters: () => letters,
        Restart: ({ here, name }) => (here === true ? own : system).restart(name),
        Stop: ({ here, name }) => (here === true ? own : system).stop(name),
        Start: ({ here, name }) => (here === true ? own : system).start(name),
        Inject: ({ fault, name }) => system.inject(name, fault),
        Shutdown: ({ why }) => Effect.sync(() => beginShutdown(why))
      })),
    { concurrency: "unbounded" }
  )
}

/** `prepare` is run with the system before its threads start. */
export const layer = <Actors>(
  config: Config<Actors, unknown>,
  prepare: (running: Running<Actors>) => Effect.Effect<void, never, Scope.Scope> = () => Effect.void
): Layer.Layer<Actors | System, SystemError> =>
  Layer.effectContext(Effect.gen(function*() {
    const running = yield* make(config, { abort })
    const { boot, end, services, use } = running
    yield* prepare(running)
    yield* boot
    end.throwUnobserved()
    yield* use.watch
    return services
  }))

/** Ends the process, as `onUnkillable: "exit"` says. */
export const abort = (thread: string): never => {
  log.write(2, `heddle: thread "${thread}" can't be killed; the process ends, as its onUnkillable says\n`)
  return leave(1)
}
