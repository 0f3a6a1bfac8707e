/**
 * The first module of every worker thread: takes in what the supervisor says, hosts the thread's actors, and says how
 * they are.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { isMainThread, parentPort, workerData } from "node:worker_threads"
import * as ExitCause from "../ExitCause.ts"
import * as actors from "../host/actors.ts"
import type { Failure, Stop } from "../host/instance.ts"
import type { ThreadInit, ToSupervisor, ToThread } from "../link/control.ts"
import * as node from "../link/node.ts"
import * as log from "../log.ts"
import * as supervision from "../supervision.ts"
import * as System from "../System.ts"
import { drill } from "./drill.ts"
import * as vitals from "./vitals.ts"

const isInit = (data: unknown): data is ThreadInit =>
  typeof data === "object" && data !== null && "heddle" in data && data.heddle === "thread"

/** Imports the config module; what is wrong with it is this thread's failure to start. */
const loadConfig = (init: ThreadInit) =>
  Effect.tryPromise({
    try: async (): Promise<unknown> => (await import(init.module)).default,
    catch: (error) => failedToLoad(init, ExitCause.describe(error))
  }).pipe(
    Effect.flatMap((config) =>
      System.isConfig(config) ? Effect.succeed(config.topology) : Effect.fail(
        failedToLoad(init, { message: `${init.module} has no system as its default export`, stack: "" })
      )
    )
  )

const failedToLoad = (init: ThreadInit, what: { readonly message: string; readonly stack: string }): Failure => ({
  cause: ExitCause.BuildFailed.make({ actor: init.thread, message: what.message, stack: what.stack }),
  fatal: false
})

const run = (
  init: ThreadInit,
  post: (message: ToSupervisor) => void,
  listen: (on: (message: ToThread) => void) => void
) =>
  Effect.gen(function*() {
    // What the supervisor says while the config module is still being imported waits here.
    const early: Array<ToThread> = []
    let receive = (message: ToThread): void => void early.push(message)
    listen((message) => receive(message))

    const stopAsked = yield* Deferred.make<Stop>()
    const topology = yield* loadConfig(init)
    const places = supervision.places(topology)
    const links = node.make({
      places,
      self: init.thread,
      board: init.board,
      after: (millis, f) => {
        const timer = setTimeout(f, millis)
        return () => clearTimeout(timer)
      },
      onDeadLetter: ({ actor, reason, request }) =>
        post({
          _tag: "Event",
          event: supervision.deadLetter(Date.now(), actor, request, reason)
        })
    })
    receive = (message) => {
      switch (message._tag) {
        case "Link":
          return links.connect({ ...message.link, connect: node.overPort(message.link.port) })
        case "PeerReady":
          return links.ready(message.peer, message.incarnation, message.mailboxes)
        case "PeerStopping":
          return links.stopping(message.peer, message.comesBack)
        case "PeerLost":
          return links.lost(message.peer, message.incarnation, message.cause)
        case "PeerGone":
          return links.gone(message.peer, message.why)
        case "PeerExpected":
          return links.expected(message.peer)
        case "Stop":
          return Deferred.doneUnsafe(stopAsked, Exit.succeed(message))
        case "Drill":
          return drill(message.how)
      }
    }
    for (const message of early) receive(message)

    const hosted = actors.make({
      thread: init.thread,
      incarnation: init.incarnation,
      node: links,
      services: supervision.services(links.clients),
      hands: new Map(),
      kept: new Map(init.kept),
      onKept: (actor, value) => post({ _tag: "Kept", actor, value }),
      publish: (event) => post({ _tag: "Event", event })
    }, topology.threads.find(({ name }) => name === init.thread)?.actors ?? [])

    const stop = yield* hosted.start.pipe(
      Effect.tap((mailboxes) => Effect.sync(() => post({ _tag: "Ready", mailboxes }))),
      Effect.andThen(Effect.flatMap(hosted.failed, Effect.fail)),
      Effect.raceFirst(Deferred.await(stopAsked)),
      Effect.tapError(() => hosted.stop({ drainMillis: 1000, comesBack: true }))
    )
    yield* hosted.stop(stop)
    post({ _tag: "Stopped" })
  }).pipe(
    Effect.catch((failure) => Effect.sync(() => post({ _tag: "Failing", ...failure }))),
    Effect.provide(log.layer(init.thread))
  )

if (!isMainThread && parentPort !== null && isInit(workerData)) {
  const port = parentPort
  vitals.install(workerData)
  const fiber = Effect.runFork(run(workerData, (message) => port.postMessage(message), (on) => port.on("message", on)))
  // A bug in here must end the thread, so that the supervisor sees it.
  fiber.addObserver((exit) => {
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  })
}
