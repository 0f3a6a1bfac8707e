/** Chaos with keys on real threads. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { System } from "heddle"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inFile } from "../evidence.ts"
import { orNotUp } from "../play.ts"
import * as session from "./session.ts"
import config from "./system.ts"

/** Plays rounds in one system until the time is up or something is wrong, which it describes. */
export const run = (options: {
  readonly seed: number
  readonly goesOn: (round: number) => boolean
}) =>
  Effect.gen(function*() {
    const { goesOn, seed } = options
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-chaos-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    )
    const evidence = yield* Effect.acquireRelease(
      Effect.sync(() => inFile(join(directory, "evidence"))),
      ({ close }) => Effect.sync(close)
    )
    const rounds = Effect.flatMap(System.System, ({ inject }) =>
      session.run({
        seed,
        first: 0,
        goesOn,
        evidence,
        crash: (thread) => orNotUp(inject(thread, "exit")),
        simulated: false
      }))
    const failed = yield* Effect.scoped(rounds).pipe(
      Effect.provide(System.layer(config).pipe(Layer.provide(Logger.layer([])), Layer.fresh))
    )
    return failed === undefined ? undefined : session.report(failed)
  }).pipe(Effect.scoped)
