/**
 * A real thread: its port, its log, and what is wrong with its config module.
 */
import "effect/schema/SchemaJITCompiler/enable"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { flushCompileCache } from "node:module"
import { isMainThread, parentPort, workerData } from "node:worker_threads"
import * as ExitCause from "../ExitCause.ts"
import { onTimer } from "../link/after.ts"
import type { ThreadInit } from "../link/control.ts"
import { overPort } from "../link/node.ts"
import { defaultExportOf, insteadOf } from "../loadModule.ts"
import * as log from "../log.ts"
import * as System from "../System.ts"
import { inject } from "./inject.ts"
import * as metrics from "./metrics.ts"
import { rehearsal } from "./rehearsal.ts"
import { run } from "./run.ts"
import * as vitals from "./vitals.ts"

const isInit = (data: unknown): data is ThreadInit =>
  typeof data === "object" && data !== null && "heddle" in data && data.heddle === "thread"

/** Imports the config module; what is wrong with it is this thread's failure to start. */
const loadTopology = ({ module, thread }: ThreadInit) => {
  const failed = (what: { readonly message: string; readonly stack: string }) => ({
    cause: ExitCause.LoadFailed.make({ thread, module, message: what.message, stack: what.stack }),
    fatal: false
  })
  return Effect.tryPromise({
    try: async (): Promise<unknown> => await import(module),
    catch: (error) => failed(ExitCause.describe(error))
  }).pipe(
    Effect.flatMap((module) => {
      const config = defaultExportOf(module, System.isConfig)
      return config !== undefined
        ? Effect.succeed(config.topology)
        : Effect.fail(failed({ message: `it has no system as its default export: ${insteadOf(module)}`, stack: "" }))
    })
  )
}

if (!isMainThread && parentPort !== null && isInit(workerData)) {
  const port = parentPort
  const init = workerData
  const counted = metrics.make(init, Context.empty(), (message) => port.postMessage(message))
  const beat = vitals.install(init, counted.tell)
  // Whatever ends this thread from within, what it posts here still arrives.
  process.on("exit", counted.tell)
  const thread = run(init, {
    topology: loadTopology(init),
    post(message) {
      // Else it would be written at this thread's end, which the next thread waits for.
      if (message._tag === "Loaded") flushCompileCache()
      counted.post(message)
    },
    listen: (receive) => port.on("message", receive),
    after: onTimer,
    connect: overPort,
    inject,
    beat,
    // Nothing depends on how it goes.
    rehearse: () => void Effect.runFork(Effect.exit(rehearsal))
  })
  // A bug in here must end the thread, so that the supervisor sees it.
  Effect.runFork(Effect.scoped(Effect.provide(thread, log.layer(init.thread)))).addObserver((exit) => {
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  })
}
