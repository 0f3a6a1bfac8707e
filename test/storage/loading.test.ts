import { assert, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url))

/** The modules that a system loads, on all of its threads, from its start to its end. */
const modulesOf = async (config: string): Promise<ReadonlyArray<string>> => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-loading-"))
  const file = join(folder, "modules")
  await promisify(execFile)(process.execPath, [fixture("durable/starting.ts"), fixture(config)], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=${fixture("durable/imports.js")}`,
      HEDDLE_IMPORTS: file,
      LEDGER_DATABASE: join(folder, "ledger.db")
    }
  })
  const modules = readFileSync(file, "utf8").split("\n")
  rmSync(folder, { recursive: true })
  return modules
}

const ofStorage = (url: string): boolean => /\/src\/storage\/(?!place)|node:sqlite|\/effect\/\w+\/sql\//.test(url)

const ofCluster = (url: string): boolean => /\/src\/cluster\/|node:tls|\/effect\/\w+\/cluster\/|sql-pg/.test(url)

it(
  "M7, N7: A system without storage and cluster loads nothing of them, on no thread.",
  { timeout: 60_000 },
  async () => {
    const modules = await modulesOf("basic/config.ts")
    assert.isTrue(modules.some((url) => url.endsWith("/GreeterLayer.ts")))
    assert.deepStrictEqual(modules.filter(ofStorage), [])
    assert.deepStrictEqual(modules.filter(ofCluster), [])
  }
)

it("M7: A system with storage loads it, on its own thread.", { timeout: 60_000 }, async () => {
  const modules = await modulesOf("durable/config.ts")
  assert.isTrue(modules.some((url) => url.endsWith("/src/storage/layer.ts")))
  assert.include(modules, "node:sqlite")
  assert.deepStrictEqual(modules.filter(ofCluster), [])
})
