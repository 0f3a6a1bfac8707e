/**
 * `heddle ps`: how the threads and actors of a running system are.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Unreachable } from "../../socket/client.ts"
import { type Failed, Status } from "../../socket/request.ts"
import { problems } from "./health.ts"
import { columns, print, printJson } from "./output.ts"
import * as table from "./table.ts"
import { ask, type Flags, run } from "./target.ts"

/** Between the two views from which rates and processor time are known. */
const betweenMillis = 400

/** Prints the table, or the view as JSON with what is not well. */
export const ps = (flags: Flags): Effect.Effect<never> =>
  run(Effect.gen(function*() {
    const views = yield* Stream.runCollect(
      ask(flags, Status, { everyMillis: betweenMillis, times: flags.json ? 1 : 2, machines: true })
    )
    const [before, view = before] = views
    if (before === undefined || view === undefined) return 3
    yield* flags.json
      ? printJson({ ...view, problems: problems(view) })
      : print(`${table.lines(view, { before, columns: columns(), nowMillis: Date.now() }).join("\n")}\n`)
    return 0
  }))

/** Prints whether all is well. The exit code is 0 or 1, as a Docker `HEALTHCHECK` wants it. */
export const health = (flags: Flags): Effect.Effect<never> => {
  const report = (found: ReadonlyArray<string>) =>
    flags.json
      ? printJson({ healthy: found.length === 0, problems: found })
      : print(`${found.length === 0 ? "healthy" : found.join("\n")}\n`)
  return run(
    Stream.runCollect(ask(flags, Status, { everyMillis: 0, times: 1 })).pipe(
      Effect.map((views) => views.flatMap(problems)),
      Effect.catch(({ message }: Unreachable | Failed) => Effect.succeed([message])),
      Effect.flatMap((found) => Effect.as(report(found), found.length === 0 ? 0 : 1))
    )
  )
}
