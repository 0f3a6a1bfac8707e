/** What `npm publish` would send, next to a user's program: Node strips no types inside node_modules. */
import { assert, it } from "@effect/vitest"
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { imports, pointedAtDist, privateModules, publicModules, root, run } from "./packageModules.ts"

it("The published package runs the README's program and the command.", async () => {
  const user = mkdtempSync(join(tmpdir(), "heddle-user-"))
  try {
    const installed = join(user, "node_modules", "heddle")
    mkdirSync(installed, { recursive: true })
    for (const name of ["effect", "@effect"]) {
      symlinkSync(join(root, "node_modules", name), join(user, "node_modules", name))
    }
    await run(root, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", join(installed, "dist"))
    copyFileSync(join(root, "package.json"), join(installed, "package.json"))
    cpSync(join(root, "src"), join(installed, "src"), { recursive: true })
    await run(installed, join(root, "scripts/manifest.js"), "dist", String(process.pid))

    writeFileSync(join(user, "package.json"), `{ "type": "module" }`)
    copyFileSync(join(root, "examples/01-hello.ts"), join(user, "hello.ts"))
    const { stderr, stdout } = await run(user, "hello.ts")
    assert.strictEqual(stdout, "Hello, Ada! (1 on thread greeting)\nHello, Bob! (2 on thread greeting)\n")
    assert.strictEqual(stderr, "")

    const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"))
    const { stdout: version } = await run(user, join(installed, manifest.bin.heddle), "--version")
    assert.include(version, manifest.version)
    assert.isTrue(existsSync(join(installed, "dist/index.d.ts")))

    writeFileSync(join(user, "imports.js"), imports)
    const { stdout: imported } = await run(user, "imports.js", ...publicModules, ...privateModules)
    assert.deepStrictEqual(
      JSON.parse(imported),
      Object.fromEntries([
        ...publicModules.map((name) => [name, "imported"]),
        ...privateModules.map((name) => [name, "ERR_PACKAGE_PATH_NOT_EXPORTED"])
      ])
    )

    assert.deepStrictEqual(manifest, JSON.parse(pointedAtDist(readFileSync(join(root, "package.json"), "utf8"))))
    await run(installed, join(root, "scripts/manifest.js"), "src")
    assert.strictEqual(
      readFileSync(join(installed, "package.json"), "utf8"),
      readFileSync(join(root, "package.json"), "utf8")
    )
  } finally {
    rmSync(user, { recursive: true })
  }
})
