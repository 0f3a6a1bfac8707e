/** What the project was asked for: the shipped system, whose web server tells the truth while the bot is stuck. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { follow, post, send } from "./client.ts"

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Runs `heddle start services/config.ts`; `url` is where the page is, `ended` its exit code. */
const boot = Effect.gen(function*() {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [file("src/cli/bin.js"), "start", file("services/config.ts")], {
        env: { PATH: process.env["PATH"], PORT: "0" },
        stdio: ["ignore", "pipe", "pipe"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  let output = ""
  let look = () => {}
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      look()
    })
  }
  const says = (text: RegExp) =>
    Effect.callback<string>((resume) => {
      look = () => {
        const found = text.exec(output)
        if (found !== null) resume(Effect.succeed(found[1] ?? ""))
      }
      look()
    }).pipe(
      Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.die(`no ${text} in:\n${output}`) })
    )
  const url = yield* says(/dashboard at (http:\S+)/)
  yield* says(/(thread "bot" #1 is ready)/)
  const ended = Effect.callback<number | null>((resume) => {
    child.once("exit", (code) => resume(Effect.succeed(code)))
    child.kill("SIGTERM")
  })
  return { url, ended }
})

describe("the shipped system", () => {
  it.live(
    "answers health while the bot is in an infinite loop, sees it come back, and stops clean",
    () =>
      Effect.gen(function*() {
        const { ended, url } = yield* boot
        const page = yield* follow(url)
        yield* page.until((frame) => frame.kind === "snapshot")
        yield* Effect.repeat(send(`${url}/readyz`), { until: ({ status }) => status === 200 })

        yield* post(`${url}/api/chat`, { author: "ada", content: "/health" })
        yield* page.until((frame) => frame.chat.some(({ content }) => content.includes("incarnation 1")))

        const drill = yield* post(`${url}/api/threads/bot/drill`, { how: "spin" })
        assert.strictEqual(drill.status, 200)
        const stuck = yield* page.until((frame) => frame.notReady.includes("DiscordBot"))
        assert.isNull(stuck.problem)
        const answers = yield* Effect.all([send(`${url}/livez`), send(`${url}/readyz`), send(`${url}/metrics`)])
        assert.deepStrictEqual(answers.map(({ status }) => status), [200, 503, 200])
        for (const { millis } of answers) assert.isBelow(millis, 400)
        assert.include(answers[1].text, "DiscordBot did not answer within 500 ms")

        yield* page.until((frame) => frame.log.some(({ text }) => text.includes(`thread "bot" #2 is ready`)))
        yield* page.until((frame) => frame.notReady.length === 0)
        assert.strictEqual((yield* send(`${url}/readyz`)).status, 200)
        assert.include((yield* send(`${url}/metrics`)).text, `heddle_thread_restarts_total{thread="bot"} 1\n`)

        assert.strictEqual(yield* ended, 0)
        yield* page.ended
      }),
    30_000
  )
})
