/**
 * The process around one that watches its files: starts it, and again when it asks for that, or has failed and a file changes.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import { resolve } from "node:path"
import * as log from "../../base/log.ts"
import { isHangUpIgnored, surviveHangUp } from "../hangUp.ts"
import * as files from "./files.ts"

/** Tells a process that there is another one around it. */
export const innerVariable = "HEDDLE_WATCHED"

/** Files that the inner process has loaded. */
export const Known = Schema.TaggedStruct("heddle/Known", { files: Schema.Array(Schema.String) })
const isKnown = Schema.is(Known)

/** The inner process ends, and wants to be started again. */
export const again = { _tag: "heddle/Again" } as const
const isAgain = Schema.is(Schema.TaggedStruct("heddle/Again", {}))

/** How an inner process has ended. */
interface End {
  readonly code: number
  readonly isAgain: boolean
}

const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const

/** Passes signals on to the inner process. */
class Relay {
  child: ChildProcess | undefined
  /** The first signal that came. */
  received: NodeJS.Signals | undefined
  private onSignal = (): void => {}

  constructor() {
    for (const signal of signals) {
      if (signal === "SIGHUP" && isHangUpIgnored()) continue
      process.on(signal, () => {
        this.received ??= signal
        // What a terminal sends it has already; two at a time are one there.
        this.child?.kill(signal)
        this.onSignal()
      })
    }
  }

  /** Completes with the first signal. */
  readonly signalled = Effect.callback<void>((resume) => {
    this.onSignal = () => resume(Effect.void)
    if (this.received !== undefined) this.onSignal()
  })
}

/** Runs the inner process once. */
const once = (relay: Relay, watched: files.Watched): Effect.Effect<End> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env: { ...process.env, [innerVariable]: "1" }
    })
    relay.child = child
    const startedAtMillis = Date.now()
    let wants = false
    child.on("message", (message) => {
      if (isKnown(message)) watched.add(message.files, startedAtMillis)
      else if (isAgain(message)) wants = true
      // What it says to the process manager.
      else process.send?.(message)
    })
    child.once("close", (code, signal) => {
      relay.child = undefined
      resume(Effect.succeed({ isAgain: wants, code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) }))
    })
  })

/** Runs the inner process until it ends for good; completes with its exit code. */
export const outer = (file: string): Effect.Effect<number> =>
  Effect.scoped(Effect.gen(function*() {
    const relay = new Relay()
    const watched = yield* files.make((problem) => log.write(2, `heddle: ${problem}\n`))
    watched.add([resolve(file)])
    surviveHangUp()
    for (;;) {
      watched.skip()
      const { code, isAgain } = yield* once(relay, watched)
      if (relay.received !== undefined) return code
      if (isAgain) continue
      // 0 and 2 are ends that somebody has asked for.
      if (code !== 1) return code
      log.write(2, "heddle: waiting for a changed file to start again\n")
      yield* Effect.raceFirst(watched.changed, relay.signalled)
      if (relay.received !== undefined) return code
    }
  }))
