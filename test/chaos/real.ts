/** Chaos on real threads. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { System } from "heddle"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inFile } from "./evidence.ts"
import oneForAll from "./oneForAll.ts"
import oneForOne from "./oneForOne.ts"
import restForOne from "./restForOne.ts"
import * as session from "./session.ts"

const configs = [oneForOne, restForOne, oneForAll]
const roundsPerSystem = 12

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
      const config = configs[(part + seed) % configs.length] ?? oneForOne
      const { strategy } = config.topology
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
