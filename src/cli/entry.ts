/**
 * Runs what the entry of the process has declared by `System.run`, and ends the process.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as log from "../base/log.ts"
import type { Declared } from "../control/declared.ts"
import * as ExitCause from "../ExitCause.ts"
import * as mainRecorder from "../main/mainRecorder.ts"
import type { SystemError } from "../SystemError.ts"
import { surviveHangUp } from "./hangUp.ts"
import { launch } from "./launch.ts"

/** Runs a declared system with its program, prints how it failed if it did, and ends the process with its exit code. */
export const run = (declared: Declared): void => {
  surviveHangUp()
  finish(declared.use((config, program) => launch(config, { program, isQuiet: true })))
}

/** Runs a system, and ends the process with the exit code that it completes with. */
export const finish = (launched: Effect.Effect<number, SystemError>): void => {
  Effect.runFork(Effect.provide(launched, log.layer("main", mainRecorder.recorder().write))).addObserver((exit) => {
    if (Exit.isFailure(exit)) log.write(2, `heddle: ${ExitCause.describeCause(exit.cause).message}\n`)
    const code = Exit.isSuccess(exit) ? exit.value : 1
    // What the program has set stands, if all went well.
    if (code === 0) process.exit()
    process.exit(code)
  })
}
