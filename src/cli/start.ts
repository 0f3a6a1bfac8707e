/**
 * `heddle start FILE`: runs the system that a config module declares, until it ends or is told to.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import * as ExitCause from "../ExitCause.ts"
import { defaultExportOf, insteadOf } from "../loadModule.ts"
import * as log from "../log.ts"
import { leave } from "../main/leave.ts"
import * as run from "../main/run.ts"
import * as System from "../System.ts"
import type { SystemError } from "../SystemError.ts"
import { stopping } from "./stopping.ts"

/** A config module that can't be used. */
export class ConfigModuleError extends Schema.TaggedError<ConfigModuleError>()("ConfigModuleError", {
  file: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.file} ${this.problem}`
  }
}

/** Imports a config module; every fault is one error that says what to do. */
const load = Effect.fnUntraced(function*(file: string) {
  const path = resolve(file)
  if (!existsSync(path)) {
    return yield* new ConfigModuleError({
      file,
      problem: `does not exist (looked at ${path}). Name the module whose default export is a System.make`
    })
  }
  const url = pathToFileURL(path).href
  const module = yield* Effect.tryPromise({
    try: async (): Promise<unknown> => await import(url),
    catch: (error) =>
      new ConfigModuleError({
        file,
        problem: isInvalidSystem(error)
          ? `is not usable: ${error.message}`
          : `can't be loaded: ${trace(error, url)}`
      })
  })
  const config = defaultExportOf(module, System.isConfig)
  if (config !== undefined) return config
  return yield* new ConfigModuleError({
    file,
    problem: `has no system as its default export. ${writeConfig} (${insteadOf(module)})`
  })
})

const writeConfig = "Write: export default System.make({ module: import.meta.url, ... })"

/** Whichever copy of heddle the config module has found. */
const isInvalidSystem = (error: unknown): error is Error =>
  error instanceof Error && "_tag" in error && error._tag === "InvalidSystem"

/** An error with the places in the user's own files. */
const trace = (error: unknown, url?: string): string => {
  const { message, name, stack } = ExitCause.describe(error)
  const lines = stack.split("\n").filter((line) => !/[ (]node:/.test(line))
  const place = url !== undefined && error instanceof SyntaxError && !stack.includes("file:") ? placeIn(url) : ""
  return place + (lines.length > 0 ? lines.join("\n") : `${name}: ${message}`)
}

/** Where the syntax error of a module is, which Node tells only when it prints the error itself. */
const placeIn = (url: string): string => {
  const args = ["--input-type=module", "--eval", `import ${JSON.stringify(url)}`]
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 10_000 })
  const end = stderr.indexOf("SyntaxError")
  return stderr.startsWith("file:") && end > 0 ? stderr.slice(0, end) : ""
}

/** Completes with the exit code of the process: 0 clean, 1 failed or gave up, 2 somebody had to be terminated. */
export const start = Effect.fnUntraced(function*(
  file: string
): Effect.fn.Return<number, ConfigModuleError | SystemError> {
  if (existsSync(".env")) process.loadEnvFile(".env")
  const config = yield* load(file)
  const crashed = yield* Deferred.make<unknown>()
  const ending = yield* Effect.scoped(Effect.gen(function*() {
    const running = yield* run.make(config, { abort: run.abort })
    yield* Effect.forkScoped(Effect.flatMap(stopping(crashed), (why) => running.shutdown(why)))
    yield* Effect.forkScoped(Effect.ignore(running.boot))
    return yield* running.ended
  }))
  const error = run.failureOf(config.topology, ending)
  const crash = Deferred.isDoneUnsafe(crashed) ? yield* Deferred.await(crashed) : undefined
  if (error !== undefined) log.write(2, `heddle: ${error.message}\n`)
  else if (crash !== undefined) log.write(2, `heddle: the main thread failed: ${trace(crash)}\n`)
  const code = error !== undefined || crash !== undefined ? 1 : ending.terminated.length > 0 ? 2 : 0
  return ending.unkilled.length > 0 ? leave(code) : code
})
