/**
 * A real thread: its port, its log, and what is wrong with its config module.
 *
 * **Details**
 * - It runs the life of a thread (`life/run.ts`) with what only a real thread has: a port to its supervisor, a heartbeat, child
 *   processes, a log that is written to the file descriptor, and hooks on `process`.
 * - What the config module starts while it is imported is refused, and is this thread's failure to load.
 * - A bug in here is thrown: it ends the thread, so the supervisor learns of it.
 */
import "effect/schema/SchemaJITCompiler/enable"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { flushCompileCache } from "node:module"
import { defaultExportOf, insteadOf } from "../base/loadModule.ts"
import * as log from "../base/log.ts"
import { agree } from "../control/agreement.ts"
import { isConfig } from "../control/config.ts"
import * as declared from "../control/declared.ts"
import * as importing from "../control/importing.ts"
import * as logRecord from "../control/logRecord.ts"
import { isToThread, type ThreadInit, type WorkerInit } from "../control/protocol.ts"
import * as ExitCause from "../ExitCause.ts"
import type { Failure } from "../host/hostContext.ts"
import * as giveBack from "../life/giveBack.ts"
import * as metrics from "../life/metrics.ts"
import { run } from "../life/run.ts"
import { overPort } from "../link/peer.ts"
import { onTimer } from "../loop/timeouts.ts"
import * as childTable from "../shared/childNotes.ts"
import { trim } from "../shared/libc.ts"
import * as recorder from "../shared/recorder.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import * as vitals from "../shared/vitals.ts"
import { begin } from "./begin.ts"
import * as children from "./children.ts"
import * as heapLimit from "./heapLimit.ts"
import * as heartbeat from "./heartbeat.ts"
import { watch } from "./imports.ts"
import { inject } from "./inject.ts"
import * as permissions from "./permissions.ts"
import * as processHooks from "./processHooks.ts"
import { warmUp } from "./warmUp.ts"

const failed = (
  { module, thread }: ThreadInit,
  { message, stack }: { readonly message: string; readonly stack: string }
): Failure => ({ cause: ExitCause.LoadFailed.make({ thread, module, message, stack }), fatal: false })

/** Imports the config module; what is wrong with it is this thread's failure to start. */
const loadTopology = (init: ThreadInit) =>
  Effect.tryPromise({
    try: async (): Promise<unknown> => await importing.during(() => import(init.module)),
    catch: (error) => failed(init, ExitCause.describe(error))
  }).pipe(
    Effect.flatMap((module) => {
      // However it was caught: a module that would start a system here is to be mended.
      const refused = importing.refused()
      if (refused !== undefined) return Effect.fail(failed(init, ExitCause.describe(refused)))
      const configs = [
        declared.find(init.module)?.config,
        defaultExportOf(module, isConfig),
        ...importing.madeIn(init.module)
      ].filter((config) => config !== undefined)
      // Of several in one module, the one that main runs.
      const config = configs.find(({ topology }) => configs.length === 1 || !("problem" in agree(init, topology))) ??
        configs[0]
      return config !== undefined ? Effect.succeed(config.topology) : Effect.fail(failed(init, {
        message: `it has no system as its default export: ${insteadOf(module)}`,
        stack: ""
      }))
    })
  )

/** A thread that is ready has often something to do yet: it connects to what it needs. */
const giveBackMillis = 1000

/** Runs this thread, with what it was started with. */
export const start = (init: WorkerInit): void => {
  const { control, thread } = init
  const tellImports = init.isWatched ? watch((files) => control.postMessage({ _tag: "Imported", files })) : () => {}
  const keep = recorder.make(init.recorder).write
  log.shareOutput(init.output)
  const counted = metrics.make(init, Context.empty(), (message) => control.postMessage(message))
  const block = statusBlock.make(init.block)
  processHooks.install(thread, block, keep)
  const onHeap = heapLimit.make(
    init.recycle?.heapBytes,
    (amount) => counted.post({ _tag: "Worn", why: "heap", amount })
  )
  const beat = heartbeat.make(block, counted.tell, (bytes) => {
    if (init.vitals !== undefined) vitals.note(init.vitals)
    onHeap?.(bytes)
  })
  const giveBackLater = giveBack.make(giveBackMillis, init.vitals === undefined ? undefined : trim)
  childTable.inherited.push(...init.children)
  // Whatever ends this thread from within, what it posts here still arrives.
  process.on("exit", counted.tell)
  const life = run(init, {
    topology: loadTopology(init),
    post(message) {
      tellImports()
      if (message._tag === "Loaded" || message._tag === "Ready") giveBackLater()
      if (message._tag === "Ready") permissions.drop(init)
      if (message._tag !== "Loaded") return counted.post(message)
      // Else it would be written at this thread's end, which the next thread waits for.
      flushCompileCache()
      const refused = importing.end()
      counted.post(
        refused === undefined
          ? message
          : { _tag: "Failing", ...failed(init, ExitCause.describe(refused)), unwellMillis: 0 }
      )
    },
    listen: (receive) => control.on("message", (message: unknown) => isToThread(message) && receive(message)),
    after: onTimer,
    connect: overPort,
    inject,
    beat,
    endChildren: children.install(init.thread, init.children),
    logging: (logging, incarnation, post) => logRecord.contextOf({ thread, incarnation, keep }, logging, post),
    atExit: (f) => process.on("exit", f),
    // Nothing depends on how it goes.
    warmUp: () => void Effect.runFork(Effect.exit(warmUp))
  })
  // A bug in here must end the thread, so that the supervisor sees it.
  Effect.runFork(Effect.scoped(Effect.provide(life, log.layer(thread, keep)))).addObserver((exit) => {
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  })
}

const init = begin()
if (init !== undefined) start(init)
