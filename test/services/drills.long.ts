/** The shipped services, made to fail on purpose one by one while probes and people look at the web server. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { isDeepStrictEqual } from "node:util"
import { launch } from "../cli/launching.ts"

interface Answer {
  readonly status: number
  readonly text: string
  readonly millis: number
}

const get = (url: string): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const from = performance.now()
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(3000) })
      return { status: response.status, text: await response.text(), millis: performance.now() - from }
    } catch (error) {
      return { status: 0, text: String(error), millis: performance.now() - from }
    }
  })

const ready = (url: string) =>
  Effect.repeat(Effect.delay(get(`${url}/readyz`), 20), { until: ({ status }) => status === 200 }).pipe(
    Effect.timeout("1 minute")
  )

/** How often each thread was restarted, as metrics that may be 200 ms old say. */
const restarts = (url: string) =>
  Effect.map(get(`${url}/metrics`), ({ text }) =>
    Object.fromEntries(
      Array.from(text.matchAll(/heddle_thread_restarts_total\{thread="(\w+)"\} (\d+)/g), ([, thread, count]) => [
        thread,
        Number(count)
      ])
    ))

/** Waits until each thread was restarted this often. */
const restarted = (url: string, counts: Readonly<Record<string, number>>) =>
  Effect.repeat(Effect.delay(restarts(url), 50), { until: (now) => isDeepStrictEqual(now, counts) }).pipe(
    Effect.timeout("5 seconds")
  )

const drill = (url: string, thread: string, how: string) =>
  Effect.promise(() =>
    fetch(`${url}/api/threads/${thread}/drill`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ how })
    }).then(({ status }) => status)
  )

describe("the shipped services", () => {
  it.live(
    "F1: Whatever ends a thread, the page answers at once, the others go on, and all is ready again.",
    () =>
      Effect.gen(function*() {
        const heddle = yield* launch(["start", "../../services/config.ts"], { env: { PORT: "0" } })
        const addresses = () => heddle.lines.flatMap((line) => /dashboard at (http:\S+)$/.exec(line)?.[1] ?? [])
        yield* heddle.line(/dashboard at http:\S+$/)
        let url = addresses()[0] ?? ""

        // Near the heap's limit a busy machine may need so long to collect garbage that the watchdog is first.
        const cases = [
          ["bot", "throw", /thrown on purpose/],
          ["bot", "exit", /process\.exit\(0\) was called/],
          ["bot", "oom", /out of memory|blocked/],
          ["bot", "spin", /its event loop was blocked for/],
          ["scraper", "exit", /process\.exit\(0\) was called/],
          ["scraper", "spin", /its event loop was blocked for/],
          ["sandbox", "exit", /process\.exit\(0\) was called/],
          ["sandbox", "spin", /its event loop was blocked for/]
        ] as const
        for (const [thread, how, cause] of cases) {
          yield* ready(url)
          const before = yield* restarts(url)
          let unwell = ""
          let unwellAt = 0
          const watching = yield* Effect.forkChild(Effect.forever(Effect.gen(function*() {
            const [alive, page, readyz] = yield* Effect.all([get(`${url}/livez`), get(url), get(`${url}/readyz`)], {
              concurrency: "unbounded"
            })
            assert.deepStrictEqual([alive.status, page.status], [200, 200])
            // Sooner than any watchdog or time-out would help.
            assert.isBelow(Math.max(alive.millis, page.millis), 4500)
            if (readyz.status === 503 && unwell === "") unwellAt = performance.now()
            if (readyz.status === 503) unwell += readyz.text
            yield* Effect.sleep(20)
          })))
          const drilledAt = performance.now()
          assert.strictEqual(yield* drill(url, thread, how), 200)
          const number = (before[thread] ?? 0) + 1
          yield* heddle.line(new RegExp(`thread "${thread}" #${number + 1} is ready`))
          yield* ready(url)
          assert.isUndefined(watching.pollUnsafe(), "the page did not answer all the while")
          yield* Fiber.interrupt(watching)
          const ended = yield* heddle.line(new RegExp(`thread "${thread}" #${number} ended: `))
          assert.match(ended, cause)
          // Who is stuck is told of before the watchdog, which waits five seconds, acts; others may be back unnoticed.
          if (how === "spin") {
            assert.include(unwell, `${thread}: `)
            assert.isBelow(unwellAt - drilledAt, 4000)
          }
          yield* restarted(url, { ...before, [thread]: number })
        }

        const before = yield* restarts(url)
        assert.strictEqual(yield* drill(url, "web", "exit"), 200)
        yield* heddle.line(/thread "web" #2 is ready/)
        url = addresses()[1] ?? ""
        yield* ready(url)
        yield* restarted(url, { ...before, web: 1 })

        yield* heddle.signal("SIGTERM")
        const { afterMillis, code } = yield* heddle.ended
        assert.strictEqual(code, 0)
        assert.isBelow(afterMillis, 5000)
      }),
    300_000
  )
})
