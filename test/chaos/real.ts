/** Chaos on real threads. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { System } from "heddle"
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { inFile } from "./evidence.ts"
import type * as plan from "./plan.ts"
import * as session from "./session.ts"
import { declare } from "./systems.ts"

const strategies = ["one-for-one", "rest-for-one", "one-for-all"] as const
const roundsPerSystem = 12

/** The config module of a system. */
const source = (strategy: System.Strategy, order: plan.Order): string =>
  `import { declare } from ${JSON.stringify(new URL("systems.ts", import.meta.url).href)}\n` +
  `export default declare(${JSON.stringify(strategy)}, import.meta.url, ${JSON.stringify(order)})\n`

/** Handles of this process that a system must give back: all but timers. */
const handles = (): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) {
    if (type === "MessagePort" || type === "Worker") counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return counts
}

/** Compares the handles with an earlier count, for as long as ports may take to close. */
const leaksSince = (before: () => ReadonlyMap<string, number>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    for (let look = 1;; look++) {
      const now = handles()
      const more = ["MessagePort", "Worker"].flatMap((type) => {
        const [was, is] = [before().get(type) ?? 0, now.get(type) ?? 0]
        return was === is ? [] : [`handles leak: ${is} of ${type}, and there were ${was}`]
      })
      if (more.length === 0 || look === 100) return more
      yield* Effect.sleep(20)
    }
  })

/** Plays rounds in one system after the other until the time is up or something is wrong. */
export const run = (options: {
  readonly seed: number
  readonly first: number
  readonly goesOn: (round: number) => boolean
  readonly tally: session.Tally
  readonly say: (line: string) => void
}) =>
  Effect.gen(function*() {
    const { goesOn, seed, tally } = options
    const directory = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-chaos-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    )
    let part = Math.floor(options.first / roundsPerSystem)
    let first = options.first
    while (goesOn(first)) {
      const next = (part + 1) * roundsPerSystem
      const strategy = strategies[(part + seed) % strategies.length] ?? "one-for-one"
      // A module of its own for each system, which is edited while that runs.
      const file = join(directory, `system-${part}.mjs`)
      const edit = (order: plan.Order): void => {
        // Renamed, so that a thread that imports it finds one or the other, and nothing in between.
        writeFileSync(`${file}.new`, source(strategy, order))
        renameSync(`${file}.new`, file)
      }
      edit("Solo, Many")
      const config = declare(strategy, pathToFileURL(file).href)
      const evidence = inFile(join(directory, `evidence-${part}`))
      const outside = handles()
      let inside = outside
      const failed = yield* session.run({
        seed,
        first,
        goesOn: (round) => round < next && goesOn(round),
        world: "real",
        strategy,
        evidence,
        fault: () => Effect.void,
        edit,
        tally,
        // The first count is taken after the first round, when the standby thread is there again too.
        leaks: Effect.gen(function*() {
          if (inside === outside) {
            yield* Effect.sleep(500)
            inside = handles()
          }
          return yield* leaksSince(() => inside)
        })
      }).pipe(
        Effect.scoped,
        Effect.provide(System.layer(config).pipe(Layer.provide(Logger.layer([])), Layer.fresh))
      )
      evidence.close()
      const left = yield* leaksSince(() => outside)
      if (failed !== undefined) return session.report(seed, strategy, failed)
      if (left.length > 0) return `chaos: seed ${seed}, after round ${next - 1}, ${strategy}: ${left.join("; ")}\n`
      options.say(`round ${next - 1}: ${strategy} done`)
      part++
      first = next
    }
    return undefined
  })
