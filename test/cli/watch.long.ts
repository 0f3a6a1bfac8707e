/** `heddle start --watch`, in a project whose files are edited. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { launch, said } from "./launching.ts"
import { world } from "./operating.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const protocol = `
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
export class One extends Actor.Service<One>()("One", [Rpc.make("Say", { success: Schema.String })]) {}
export class Two extends Actor.Service<Two>()("Two", [Rpc.make("Say", { success: Schema.String })]) {}
`

const layerOf = (actor: string, word: string, more = "") => `
import * as Effect from "effect/Effect"
import { ${actor} } from "./protocol.ts"
import { ending } from "./shared.ts"
${more}
export default ${actor}.toLayer({ Say: () => Effect.succeed("${word}" + ending) })
`

const config = (options = "", system = "") => `
import { Actor, System, Thread } from "heddle"
import { One, Two } from "./protocol.ts"
export default System.make({
  module: import.meta.url,${system}
  threads: {
    one: Thread.make({ actors: [Actor.lazy(One, () => import("./one.ts"))]${options} }),
    two: Thread.make({ actors: [Actor.lazy(Two, () => import("./two.ts"))] })
  }
})
`

/** A project in a folder of its own, that runs and watches its files. */
const project = Effect.gen(function*() {
  const own = yield* world
  const folder = join(own.path, "project")
  mkdirSync(join(folder, "node_modules"), { recursive: true })
  symlinkSync(join(root, "node_modules/effect"), join(folder, "node_modules/effect"))
  symlinkSync(root, join(folder, "node_modules/heddle"))
  /** As editors do it: a new file takes the name of the old one. */
  const write = (file: string, text: string) =>
    Effect.sync(() => {
      writeFileSync(join(folder, `.${file}.draft`), text)
      renameSync(join(folder, `.${file}.draft`), join(folder, file))
    })
  yield* write("package.json", `{ "type": "module" }`)
  yield* write("shared.ts", `export const ending = "!"`)
  yield* write("protocol.ts", protocol)
  yield* write("one.ts", layerOf("One", "one"))
  yield* write("two.ts", layerOf("Two", "two"))
  yield* write("config.ts", config())
  const start = launch(["start", "config.ts", "--watch"], { cwd: folder, env: { ...own.env, HEDDLE_LOG: "text" } })
  const say = (actor: string) =>
    Effect.map(own.heddle(["call", `${actor}.Say`], { cwd: folder }), ({ err, out }) => out.trim() + err.trim())
  return { write, start, say }
})

const incarnations = (lines: ReadonlyArray<string>) =>
  said(lines).flatMap((line) => /thread "(\w+)" #(\d+) is ready/.exec(line)?.slice(1, 3).join("#") ?? [])

describe("heddle start --watch", () => {
  it.live(
    "C15: A changed file restarts the threads that loaded it, and no others, once it loads.",
    () =>
      Effect.gen(function*() {
        const { say, start, write } = yield* project
        const { ended, line, lines, nth, signal } = yield* start
        yield* line(/"two" #1 is ready/)
        yield* write("one.ts", layerOf("One", "uno"))
        yield* line(/"one" #2 is ready/)
        assert.strictEqual(yield* say("One"), "uno!")
        yield* write("shared.ts", `export const ending = "?"`)
        yield* line(/"one" #3 is ready/)
        yield* line(/"two" #2 is ready/)
        assert.deepStrictEqual([yield* say("One"), yield* say("Two")], ["uno?", "two?"])
        // What does not load leaves alone what runs. The mended file is noticed, and a new one that it imports as well.
        yield* write("two.ts", layerOf("Two", "due", "const ="))
        yield* line(/thread "two" goes on as it was/)
        assert.strictEqual(yield* say("Two"), "two?")
        yield* write("extra.ts", "throw new Error('not yet')")
        yield* write("two.ts", layerOf("Two", "due", `import "./extra.ts"`))
        yield* nth(2, /thread "two" goes on as it was/)
        yield* write("extra.ts", "")
        yield* line(/"two" #3 is ready/)
        assert.strictEqual(yield* say("Two"), "due?")
        assert.deepStrictEqual(incarnations(lines), ["one#1", "two#1", "one#2", "one#3", "two#2", "two#3"])
        yield* signal("SIGTERM")
        assert.strictEqual((yield* ended).code, 0, lines.join("\n"))
      }),
    180_000
  )

  it.live(
    "C15: A changed declaration restarts the threads that differ; what main has loaded starts all again.",
    () =>
      Effect.gen(function*() {
        const { say, start, write } = yield* project
        const { ended, line, lines, nth, signal } = yield* start
        yield* line(/"two" #1 is ready/)
        yield* write("config.ts", `${config()}// The same.\n`)
        yield* line(/changed: config.ts/)
        yield* write("config.ts", config(", shutdownTimeout: \"3 seconds\""))
        yield* line(/"one" #2 is ready/)
        yield* write("config.ts", "export default null")
        yield* line(/The running system goes on/)
        yield* write("config.ts", config("", "startup: \"parallel\","))
        yield* nth(2, /"one" #1 is ready/)
        yield* nth(2, /"two" #1 is ready/)
        yield* write("protocol.ts", `${protocol}throw new Error("not yet")`)
        // All of it is checked before anything ends.
        yield* nth(2, /The running system goes on/)
        assert.strictEqual(yield* say("One"), "one!")
        yield* write("protocol.ts", protocol.replace("[Rpc", "[Rpc.make(\"More\"), Rpc"))
        yield* write("one.ts", layerOf("One", "one").replace("({ Say", "({ More: () => Effect.void, Say"))
        yield* nth(3, /"one" #1 is ready/)
        yield* nth(3, /"two" #1 is ready/)
        yield* signal("SIGINT")
        assert.strictEqual((yield* ended).code, 0, lines.join("\n"))
      }),
    180_000
  )

  it.live("C15: A system that can't start waits for a change of its files.", () =>
    Effect.gen(function*() {
      const { start, write } = yield* project
      yield* write("one.ts", "throw new Error('not yet')")
      const { ended, line, lines, signal } = yield* start
      yield* line(/waiting for a changed file/)
      yield* write("one.ts", layerOf("One", "one"))
      yield* line(/"two" #1 is ready/)
      yield* signal("SIGTERM")
      assert.strictEqual((yield* ended).code, 0, lines.join("\n"))
    }), 180_000)
})
