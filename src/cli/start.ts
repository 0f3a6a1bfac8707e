/**
 * `heddle start FILE`: runs the system that a module declares, and its program, until it ends or is told to.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { adviceOn } from "../base/importAdvice.ts"
import { defaultExportOf, insteadOf } from "../base/loadModule.ts"
import { type Config, isConfig, makeConfig } from "../control/config.ts"
import * as declared from "../control/declared.ts"
import { startOnly } from "../control/only.ts"
import type { Topology } from "../control/topology.ts"
import type { Running } from "../main/run.ts"
import type { SystemError } from "../SystemError.ts"
import { surviveHangUp } from "./hangUp.ts"
import { launch } from "./launch.ts"
import { trace } from "./trace.ts"

/** A config module that can't be used. */
export class ConfigModuleError extends Schema.TaggedError<ConfigModuleError>()("ConfigModuleError", {
  file: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.file} ${this.problem}`
  }
}

/** Imports a config module, once for each `version`; every fault is one error that says what to do. */
export const load = Effect.fnUntraced(function*(file: string, version?: number) {
  const path = resolve(file)
  if (!existsSync(path)) {
    return yield* new ConfigModuleError({
      file,
      problem: `does not exist (looked at ${path}). Name the module whose default export is a System.make`
    })
  }
  const url = `${pathToFileURL(path).href}${version === undefined ? "" : `?version=${version}`}`
  const module = yield* Effect.tryPromise({
    try: async (): Promise<unknown> => await import(url),
    catch: (error) =>
      new ConfigModuleError({
        file,
        problem: isInvalidSystem(error)
          ? `is not usable: ${error.message}`
          : `can't be loaded: ${trace(error, url)}${advised(error)}`
      })
  })
  const loaded = declared.find(url) ?? defaultExportOf(module, isConfig)
  if (loaded !== undefined) return loaded
  return yield* new ConfigModuleError({
    file,
    problem: `has no system as its default export. ${writeConfig} (${insteadOf(module)})`
  })
})

const advised = (error: unknown): string => {
  const advice = adviceOn(error)
  return advice === undefined ? "" : `\n${advice}.`
}

/** What to write into a module without a system. */
const writeConfig =
  "Write: export default System.make({ module: import.meta.url, ... }), or call System.run(import.meta, ...)"

/** Whichever copy of heddle the config module has found. */
const isInvalidSystem = (error: unknown): error is Error =>
  error instanceof Error && "_tag" in error && error._tag === "InvalidSystem"

/** The config with only some of its threads started; all of them if none are named. */
const only = Effect.fnUntraced(function*<Actors>(
  file: string,
  config: Config<Actors, unknown>,
  names: ReadonlyArray<string> | undefined
) {
  if (names === undefined) return config
  const topology = startOnly(config.topology, names)
  if (typeof topology !== "string") return makeConfig<Actors, unknown>(topology)
  return yield* new ConfigModuleError({ file, problem: `can't be started so: --only: ${topology}` })
})

/**
 * Completes with the exit code of the process.
 *
 * **Details**
 * - `names`: the threads to start with the system. The others are declared, stopped, and may be started later.
 * - `watch`: makes what follows its files.
 */
export const start = Effect.fnUntraced(function*(
  file: string,
  names?: ReadonlyArray<string>,
  watch?: Watch
): Effect.fn.Return<number, ConfigModuleError | SystemError> {
  surviveHangUp()
  if (existsSync(".env")) process.loadEnvFile(".env")
  const loaded = yield* load(file)
  const run = <Actors>(config: Config<Actors, unknown>, options: Parameters<typeof launch<Actors>>[1] = {}) =>
    Effect.flatMap(only(file, config, names), (config) => {
      if (watch === undefined) return launch(config, options)
      const { attend, onImported } = watch(config.topology)
      const topology = { ...config.topology, onImported }
      return launch(makeConfig<Actors, unknown>(topology), { ...options, attend })
    })
  return yield* isConfig(loaded) ? run(loaded) : loaded.use((config, program) => run(config, { program }))
})

/** What follows the files of a system, whose declaration it gets. */
export type Watch = (topology: Topology) => {
  readonly onImported: (thread: string, files: ReadonlyArray<string>) => void
  readonly attend: (running: Running<never>) => Effect.Effect<string, never, Scope.Scope>
}
