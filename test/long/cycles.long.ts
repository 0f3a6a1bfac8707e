import { afterAll, assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { System } from "heddle"
import { readdirSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import config from "../fixtures/trio/parallel.ts"
import { C } from "../fixtures/trio/Trio.ts"
import { journal, quietly } from "../threads/watching.ts"

// The actors of the fixture write into it.
const paper = journal()
afterAll(paper.remove)

const cycles = Number(process.env["HEDDLE_TEST_CYCLES"] ?? 1000)
const step = Math.max(1, Math.min(50, cycles / 10))

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const cycle = Effect.scoped(
  Effect.provide(Effect.flatMap(C, (c) => c.Note({ label: "up" })), Layer.fresh(quietly(System.layer(config))))
)

const measure = Effect.gen(function*() {
  yield* Effect.sleep(100)
  collect()
  const memory = process.memoryUsage()
  return {
    threads: readdirSync("/proc/self/task").length,
    resources: process.getActiveResourcesInfo().filter((name) => !/^(Timeout|Immediate)$/.test(name)).toSorted(),
    listeners: process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`).toSorted(),
    heapKiB: Math.round(memory.heapUsed / 1024),
    externalKiB: Math.round(memory.external / 1024),
    residentMiB: Math.round(memory.rss / 1024 / 1024)
  }
})

it.live(
  `S2: ${cycles} systems of three threads leave no thread, handle or listener, and the heap flat.`,
  () =>
    Effect.gen(function*() {
      yield* Effect.repeat(cycle, { times: 4 })
      const before = yield* measure
      const samples = [before]
      for (let done = step; done <= cycles; done += step) {
        yield* Effect.repeat(cycle, { times: step - 1 })
        const now = yield* measure
        samples.push(now)
        const { externalKiB, heapKiB, residentMiB, threads } = now
        console.log(
          `${done} cycles: ${threads} threads, heap ${heapKiB} KiB, external ${externalKiB} KiB, ` +
            `resident ${residentMiB} MiB, ${Math.round(process.uptime())} s`
        )
        assert.deepStrictEqual(now.resources, before.resources)
        assert.deepStrictEqual(now.listeners, before.listeners)
        assert.isAtMost(now.threads, before.threads)
      }
      // The engine's own caches fill at first. Of the second half, one link kept each time would be 16 KiB a cycle.
      const half = samples[Math.floor(samples.length / 2)] ?? before
      const last = samples.at(-1) ?? before
      assert.isBelow((last.heapKiB - half.heapKiB) / (cycles / 2), 8)
      assert.isBelow((last.externalKiB - half.externalKiB) / (cycles / 2), 2)
    }),
  { timeout: 3 * 60 * 60 * 1000 }
)
