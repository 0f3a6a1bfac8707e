import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** A project that links heddle. */
const project = () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "heddle-copies-")))
  mkdirSync(join(folder, "node_modules"))
  symlinkSync(root, join(folder, "node_modules/heddle"))
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

const run = (cwd: string, ...args: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000 }).then(
    ({ stderr, stdout }) => ({ code: 0, stderr, stdout }),
    (error: { readonly code: number; readonly stderr: string; readonly stdout: string }) => error
  )

const count = (text: string, part: string): number => text.split(part).length - 1

describe("Two copies of effect in one process", () => {
  it("F26: A system whose protocols another copy has made is refused, once, with both places.", async () => {
    using user = project()
    cpSync(join(root, "node_modules/effect"), join(user.folder, "node_modules/effect"), {
      recursive: true,
      filter: (file) => !/\.map$|\.d\.ts$|effect\/src$/.test(file)
    })
    copyFileSync(join(root, "examples/01-hello.ts"), join(user.folder, "hello.ts"))
    const { code, stderr, stdout } = await run(user.folder, join(root, "src/cli/bin.js"), "start", "hello.ts")
    assert.strictEqual(code, 1)
    assert.strictEqual(stdout, "")
    assert.strictEqual(count(stderr, "two copies of effect: the messages of Greeter"), 1, stderr)
    assert.include(stderr, join(root, "node_modules/effect"))
    assert.include(stderr, join(user.folder, "node_modules/effect"))
    assert.include(stderr, "npm ls effect")
  })

  it("F26: A config module that would import another copy than heddle is warned of, once, and runs.", async () => {
    using user = project()
    mkdirSync(join(user.folder, "node_modules/effect"))
    writeFileSync(join(user.folder, "node_modules/effect/package.json"), `{ "name": "effect", "version": "4.1.99" }`)
    const at = (path: string) => JSON.stringify(pathToFileURL(join(root, path)).href)
    writeFileSync(
      join(user.folder, "main.ts"),
      `import { Actor, System, Thread } from "heddle"
       import * as Effect from ${at("node_modules/effect/dist/Effect.js")}
       import { Greeter } from ${at("test/fixtures/basic/Greeter.ts")}
       const actors = [Actor.lazy(Greeter, () => import(${at("test/fixtures/basic/GreeterLayer.ts")}))]
       System.run(import.meta, { threads: { one: Thread.make({ actors }) } }, Effect.log("It runs."))`
    )
    const { code, stderr, stdout } = await run(user.folder, "main.ts")
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(count(stdout + stderr, "two copies of effect"), 1)
    assert.include(stdout + stderr, `${join(user.folder, "node_modules/effect")} (4.1.99)`)
    assert.include(stdout + stderr, "It runs.")
  })
})
