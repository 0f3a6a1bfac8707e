/** Which files `heddle start --watch` takes for changed. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as files from "../../src/cli/watch/files.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-watched-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

describe("watched files", () => {
  it.live("C15: A file that was written while it was loaded counts as changed, and one that was written before does not.", () =>
    Effect.gen(function*() {
      const inFolder = yield* folder
      const watched = yield* files.make((problem) => assert.fail(problem))
      const fileOf = (name: string, writtenAtMillis: number): string => {
        const file = join(inFolder, name)
        writeFileSync(file, name)
        utimesSync(file, writtenAtMillis / 1000, writtenAtMillis / 1000)
        return file
      }
      const before = fileOf("before.ts", 1_000_000)
      const during = fileOf("during.ts", 3_000_000)
      watched.add([before, during, join(inFolder, "gone.ts")], 2_000_000)
      assert.deepStrictEqual([...yield* watched.changed], [during])
      // It is known now.
      watched.add([during], 2_000_000)
      writeFileSync(before, "changed")
      assert.deepStrictEqual([...yield* watched.changed], [before])
    }))
})
