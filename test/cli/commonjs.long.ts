/** Config and layer modules of projects that compile to CommonJS. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { launch } from "./launching.ts"

const file = (name: string): string => fileURLToPath(new URL(`../fixtures/commonjs/${name}`, import.meta.url))

describe("config modules in CommonJS", () => {
  for (const config of ["exportsDefault.cjs", "moduleExports.cjs", "passedOn.mjs", "interop.cjs"]) {
    it.live(`F7: heddle start ${config} starts all, layers in CommonJS included, and stops in order.`, () =>
      Effect.gen(function*() {
        const heddle = yield* launch(["start", `commonjs/${config}`])
        yield* heddle.line(/thread "two" #1 is ready/)
        yield* heddle.signal("SIGTERM")
        assert.strictEqual((yield* heddle.ended).code, 0, heddle.lines.join("\n"))
        for (const actor of ["Early", "Late", "Plain", "Inline"]) {
          assert.include(heddle.lines.join("\n"), `actor ${actor} #1 is ready`)
        }
      }))
  }

  for (const config of ["exportsDefault.cjs", "moduleExports.cjs"]) {
    it(`D2: A program in CommonJS gets an answer of each actor of ${config}.`, async () => {
      const { stderr, stdout } = await promisify(execFile)(process.execPath, [file("program.cjs"), config])
      assert.strictEqual(stderr, "")
      assert.deepStrictEqual(stdout.trim().split("\n"), ["I am Early", "I am Late", "I am Plain", "I am Inline"])
    })
  }

  const fails = (config: string, says: ReadonlyArray<string>, env: Record<string, string> = {}) =>
    Effect.gen(function*() {
      const heddle = yield* launch(["start", `commonjs/${config}`], { env })
      const { code } = yield* heddle.ended
      assert.strictEqual(code, 1)
      for (const text of says) assert.include(heddle.lines.join("\n"), text)
    })

  it.live("F7: A promise is no system, and that is said.", () =>
    fails("promised.cjs", ["has no system as its default export", "its default export is a promise"]))
  it.live("F7: A named export is no default export, and what there is is named.", () =>
    fails("named.cjs", ["has no system as its default export", "it has no default export, only config"]))
  it.live("F7: A layer module without a layer says what it exports.", () =>
    fails("wrongLayer.cjs", [
      "Early could not be built",
      "the default export of its module is not a layer made by Early.toLayer: it has no default export, only config"
    ]))
  it.live("F7: __dirname is no module.", () =>
    fails("wrongModule.cjs", ["is a directory; write module: import.meta.url, or module: __filename in CommonJS"], {
      HEDDLE_TEST_MODULE: "directory"
    }))
  it.live("F7: A relative path is no module.", () =>
    fails("wrongModule.cjs", ["module: \"./wrongModule.cjs\" is not a URL and not an absolute path"]))
})
