import { afterAll, assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { System } from "heddle"
import * as PostMortem from "heddle/PostMortem"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import config from "../fixtures/hanging/config.ts"
import { Hanger } from "../fixtures/hanging/Hanger.ts"
import { quietly, watch } from "./watching.ts"

const folder = join(mkdtempSync(join(tmpdir(), "heddle-mortems-")), "deep")
process.env["HEDDLE_POST_MORTEMS"] = folder
afterAll(() => rmSync(join(folder, ".."), { recursive: true }))

const decodeFile = Schema.decodeUnknownSync(Schema.fromJsonString(PostMortem.PostMortem))

layer(quietly(System.layer(config)), { timeout: "1 minute", excludeTestServices: true })(
  "a post-mortem",
  (it) => {
    it.effect("F30: A post-mortem names the message that a hung thread was handling, what waited, and what it printed last.", () =>
      Effect.gen(function*() {
        const events = yield* watch
        const hanger = yield* Hanger
        yield* hanger.Ping(undefined, { timeout: "20 seconds" })
        yield* hanger.Print({ line: "the last words" })
        const hang = Effect.ignore(hanger.Hang({ how: "spin" }, { timeout: "20 seconds" }))
        const waiting = Effect.ignore(hanger.Ping(undefined, { timeout: "20 seconds" }))
        yield* Effect.forkChild(hang, { startImmediately: true })
        yield* Effect.forkChild(waiting, { startImmediately: true })
        const exited = yield* events.next("ThreadExited", ({ thread }) => thread === "hanging")
        const { postMortems } = yield* System.System
        const record = (yield* postMortems).at(-1)
        assert.deepStrictEqual(record, exited.postMortem)
        assert.deepStrictEqual([record?.thread, record?.incarnation, record?.cause], ["hanging", 1, exited.cause])
        assert(exited.cause._tag === "Stalled")
        assert.strictEqual(exited.cause.at?.function, "spin")
        const [handled] = record?.handling ?? []
        assert.deepStrictEqual([handled?.actor, handled?.message, handled?.sender], ["Hanger", "Hang", "main"])
        assert.isAtLeast(handled?.ageMillis ?? 0, 400)
        assert.deepStrictEqual(record?.mailboxes, [{ actor: "Hanger", depth: 1 }])
        assert.include(record?.logs.at(-1)?.message, "the last words")
        assert.isTrue(record?.events.some(({ event }) => event === "ThreadStalled"))
        assert.isAbove(record?.upMillis ?? 0, 400)
      }))

    it.effect("F30: A post-mortem of a thread that exits has the handlers that were waiting.", () =>
      Effect.gen(function*() {
        const events = yield* watch
        const hanger = yield* Hanger
        yield* hanger.Ping(undefined, { timeout: "20 seconds" })
        const dies = Effect.ignore(hanger.Exit({ afterMillis: 50 }, { timeout: "20 seconds" }))
        yield* Effect.forkChild(dies, { startImmediately: true })
        const { postMortem } = yield* events.next("ThreadExited", ({ thread }) => thread === "hanging")
        const [handled] = postMortem?.handling ?? []
        assert.deepStrictEqual([handled?.actor, handled?.message, handled?.sender], ["Hanger", "Exit", "main"])
        assert.isAtLeast(handled?.ageMillis ?? 0, 45)
        assert.isAbove(postMortem?.heapUsedBytes ?? 0, 1_000_000)
        if ("threadCpuUsage" in process) assert.isAbove(postMortem?.cpuMillis ?? 0, 10)
      }))

    it.effect("F30: A post-mortem is a file that only its owner can read, if there is a folder.", () =>
      Effect.gen(function*() {
        const { postMortems } = yield* System.System
        const records = yield* postMortems
        const files = yield* Effect.repeat(Effect.sync(() => readdirSync(folder).toSorted()), {
          until: ({ length }) => length === records.length
        })
        const written = files.map((file) => decodeFile(readFileSync(join(folder, file), "utf8")))
        assert.deepStrictEqual(written, [...records])
        assert.strictEqual(statSync(join(folder, files[0] ?? "")).mode & 0o777, 0o600)
      }))
  }
)
