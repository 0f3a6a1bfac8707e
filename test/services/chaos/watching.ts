/** What is watched while the services are attacked, and whether they still come back afterwards. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { DiscordSandbox } from "../../../services/discord/DiscordSandbox.ts"
import * as ledgers from "./ledger.ts"
import { probe } from "./legitimate.ts"

/** Waits until all is ready, a minute at most; says whether it came to that. */
export const ready = (web: string) =>
  Effect.repeat(probe(web, "/readyz", 2000), {
    until: (status) => status === 200,
    schedule: Schedule.spaced("200 millis")
  }).pipe(Effect.timeoutOption("60 seconds"), Effect.map((status) => status._tag === "Some"))

/** Threads as they end. */
export const endings = Effect.gen(function*() {
  const system = yield* System.System
  const ended: Array<string> = []
  yield* system.events.pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        if (event._tag === "ThreadExited") ended.push(`${event.thread}: ${event.cause._tag}`)
      })
    ),
    Effect.ignore,
    Effect.forkScoped
  )
  return ended
})

/** The books on what is said in the chat. */
export const booksOf = Effect.gen(function*() {
  const sandbox = yield* DiscordSandbox
  const ledger = ledgers.make()
  yield* sandbox.Transcript().pipe(
    Stream.runForEach((line) => Effect.sync(() => ledger.hear(line))),
    Effect.ignore,
    Effect.forkScoped
  )
  return ledger
})

const mebibytes = (bytes: number): number => Math.round(bytes / 1_048_576)

/** What memory the process and its threads hold, and how busy these are. */
export const watchMemory = Effect.fnUntraced(function*(seconds: number) {
  const system = yield* System.System
  const began = performance.now()
  let early = mebibytes(process.memoryUsage.rss())
  let most = 0
  const heaps: Record<string, number> = {}
  const busy: Record<string, Array<number>> = {}
  yield* Effect.gen(function*() {
    const rss = mebibytes(process.memoryUsage.rss())
    if (performance.now() - began < seconds * 100) early = Math.max(early, rss)
    most = Math.max(most, rss)
    for (const { eventLoopUtilization, heapUsedBytes, name } of yield* system.threads) {
      heaps[name] = Math.max(heaps[name] ?? 0, mebibytes(heapUsedBytes))
      ;(busy[name] ??= []).push(eventLoopUtilization)
    }
    yield* Effect.sleep("500 millis")
  }).pipe(Effect.ignore, Effect.forever, Effect.forkScoped)
  return () => ({
    memory: { early, late: mebibytes(process.memoryUsage.rss()), most },
    // A copy: the drills that follow fill a heap on purpose.
    heaps: { ...heaps },
    busy: Object.fromEntries(
      Object.entries(busy).map(([name, parts]) => [
        name,
        Math.round(100 * parts.reduce((sum, part) => sum + part, 0) / parts.length) / 100
      ])
    )
  })
})

/** Makes each thread fail in each way; returns from what the system did not come back. */
export const drills = Effect.fnUntraced(function*(system: System.System["Service"], web: string) {
  const lost: Array<string> = []
  for (const thread of ["bot", "scraper", "sandbox", "web"]) {
    const how: System.Fault = thread === "bot" ? "spin" : thread === "scraper" ? "oom" : "throw"
    const restarted = system.events.pipe(
      Stream.filter((event) => event._tag === "ThreadStarted" && event.thread === thread),
      Stream.take(1),
      Stream.runDrain,
      Effect.timeoutOption("60 seconds")
    )
    const [came] = yield* Effect.all([restarted, Effect.ignore(system.inject(thread, how))], {
      concurrency: "unbounded"
    })
    const back = came._tag === "Some" && (yield* ready(web))
    if (!back) lost.push(`${thread} after ${how}`)
  }
  return lost
})
