/**
 * Where a bundle that `heddle build` has made begins: it runs its system as `heddle start` runs a config module, and its
 * program as Node runs the module of it.
 */
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { defaultExportOf, insteadOf } from "../base/loadModule.ts"
import * as log from "../base/log.ts"
import { type Config, isConfig } from "../control/config.ts"
import * as declared from "../control/declared.ts"
import { finish } from "./entry.ts"
import { surviveHangUp } from "./hangUp.ts"
import { launch } from "./launch.ts"

/** `node start.mjs --check` starts all threads, stops them in order, and says how long the start took. */
const isCheck = (): boolean => process.argv.length === 3 && process.argv[2] === "--check"

const check = <Actors>(config: Config<Actors, unknown>) =>
  launch(config, {
    isQuiet: true,
    program: Effect.sync(() => log.write(1, `ready after ${Math.round(performance.now())} ms\n`))
  })

const run = (loaded: Config<unknown, unknown> | declared.Declared, isQuiet: boolean) => {
  if (isConfig(loaded)) return isCheck() ? check(loaded) : launch(loaded)
  return loaded.use((config, program) => isCheck() ? check(config) : launch(config, { program, isQuiet }))
}

/** Runs the config module of a bundle. `start` is the URL of the file that begins it. */
export const start = (start: string, load: () => Promise<unknown>): void => {
  globalThis.heddleBundle ??= { entry: { _tag: "File", url: new URL("./thread.mjs", start) } }
  surviveHangUp()
  finish(Effect.gen(function*() {
    if (existsSync(".env")) process.loadEnvFile(".env")
    const module = yield* Effect.promise(load)
    const loaded = declared.find(new URL("./config.mjs", start).href) ?? defaultExportOf(module, isConfig) ??
      declared.only()
    if (loaded === undefined) {
      return yield* Effect.die(new Error(`the config module has no system: ${insteadOf(module)}`))
    }
    // A program of its own says nothing of its threads; under `heddle start` it does.
    return yield* run(loaded, !start.endsWith("?command"))
  }))
}
