import { afterAll, assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import { readFileSync } from "node:fs"
import config from "../fixtures/recording/config.ts"
import { Recorder } from "../fixtures/recording/Recorder.ts"
import { journal, quietly, thread, watch } from "../threads/watching.ts"

const count = Number(process.env["HEDDLE_TEST_MESSAGES"] ?? 1_000_000)
const paper = journal()
afterAll(paper.remove)

it.live(`D1, D2: ${count} tells run in their order and at most once, across three crashes.`, () =>
  Effect.gen(function*() {
    const system = yield* System.System
    const recorder = yield* Recorder
    const events = yield* watch
    const crashes = [0.25, 0.5, 0.75].map((part) => Math.floor(count * part))
    const from = performance.now()
    for (let number = 1; number <= count; number++) {
      yield* recorder.Record({ number }, { discard: true, timeout: "1 minute" })
      if (crashes.includes(number)) yield* system.inject("desk", "throw")
    }
    yield* recorder.Done(undefined, { timeout: "5 minutes" })
    const seconds = (performance.now() - from) / 1000

    assert.strictEqual((yield* thread("desk")).incarnation, 4)
    const letters = (yield* events.soFar).filter(({ _tag }) => _tag === "DeadLetter").length
    const bytes = readFileSync(process.env["HEDDLE_TEST_JOURNAL"] ?? "")
    const ran = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    console.log(`${ran.length} of ${count} ran, ${letters} dead letters, 3 crashes, ${Math.round(seconds)} s`)
    let missing = (ran[0] ?? 0) - 1
    for (let index = 1; index < ran.length; index++) {
      const [last, next] = [ran[index - 1] ?? 0, ran[index] ?? 0]
      assert.isAbove(next, last, "each runs after those that were sent before it, and once")
      missing += next - last - 1
    }
    assert.strictEqual(ran.at(-1), count)
    // What had started and did not get as far as the journal was reported.
    assert.isAtMost(missing, letters)
    assert.isAtMost(letters, 3)
  }).pipe(Effect.provide(quietly(System.layer(config)))))
