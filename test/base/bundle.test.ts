import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { entryOf, problemOf } from "../../src/base/bundle.ts"

const main = new URL("../../src/main/thread.ts", import.meta.url).href
const config = import.meta.url
const here = new URL("./", import.meta.url).href

const urlOf = (caller: unknown, module: string): string => {
  const entry = entryOf(caller, module)
  return entry._tag === "File" ? entry.url.href : entry.source
}

describe("where a thread's code is", () => {
  it("From heddle's own files a thread runs their entry.", () => {
    assert.strictEqual(urlOf(main, config), new URL("../../src/worker/entry.js", import.meta.url).href)
    assert.isUndefined(problemOf(main, `${here}nowhere.ts`), "the thread says itself what it can't import")
  })

  it("B2: In a bundle a thread runs the config module's file, whatever lies next to the bundle.", () => {
    for (const caller of [`${here}main/thread.js`, `${here}app.mjs`, "[worker eval]", undefined]) {
      assert.strictEqual(urlOf(caller, config), config)
      assert.isUndefined(problemOf(caller, config))
    }
  })

  it("B2: A bundle whose config module is not there, or is no file, says so.", () => {
    assert.match(problemOf(undefined, `${here}nowhere.mjs`) ?? "", /nowhere\.mjs does not exist.*heddle build/)
    assert.match(problemOf(undefined, "https://localhost/app.mjs") ?? "", /can't start from https:.*to a file/)
    assert.isUndefined(problemOf(undefined, "data:text/javascript,"))
  })

  it("B2: A file of the user's at the place of heddle's entry is not taken for it.", () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-bundle-"))
    try {
      mkdirSync(join(folder, "worker"))
      writeFileSync(join(folder, "worker/entry.js"), "")
      const caller = pathToFileURL(join(folder, "dist/app.mjs")).href
      assert.strictEqual(urlOf(caller, config), config)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
