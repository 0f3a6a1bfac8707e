/** The package's surface, and what packing does to package.json; the compiled package is in `packageCompiled.long.ts`. */
import { assert, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { imports, pointedAtDist, privateModules, publicModules, root, run } from "./packageModules.ts"

it("No private module of the sources can be imported either, and every public one is named in package.json.", async () => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  assert.deepStrictEqual(
    Object.keys(exports).map((key) => key.replace(/^\./, "heddle")).sort(),
    [...publicModules, "heddle/package.json"].sort()
  )
  const { stdout } = await run(
    root,
    "--input-type=module",
    "--eval",
    imports,
    "--",
    ...publicModules,
    ...privateModules
  )
  const outcomes: Readonly<Record<string, string>> = JSON.parse(stdout)
  assert.deepStrictEqual(publicModules.filter((name) => outcomes[name] !== "imported"), [])
  assert.deepStrictEqual(privateModules.filter((name) => outcomes[name] !== "ERR_PACKAGE_PATH_NOT_EXPORTED"), [])
})

it("package.json points at the sources again when npm dies while it packs.", async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-packing-"))
  const started: Array<ChildProcess> = []
  try {
    const file = join(folder, "package.json")
    copyFileSync(join(root, "package.json"), file)
    cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
    const before = readFileSync(file, "utf8")

    const script = join(root, "scripts/manifest.js")
    const npm = spawn(process.execPath, [
      "--eval",
      `require("node:child_process").spawnSync(process.execPath, [${
        JSON.stringify(script)
      }, "dist", String(process.pid)], { stdio: "inherit" })
       process.stdout.write("packing")
       setInterval(() => {}, 1000)`
    ], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] })
    started.push(npm)
    await once(npm.stdout, "data")
    assert.strictEqual(readFileSync(file, "utf8"), pointedAtDist(before))

    const changes = watch(folder)
    npm.kill("SIGKILL")
    while (readFileSync(file, "utf8") !== before) await once(changes, "change")
    changes.close()
    assert.deepStrictEqual(readdirSync(folder).toSorted(), ["package.json", "src"])
  } finally {
    for (const npm of started) npm.kill("SIGKILL")
    rmSync(folder, { recursive: true })
  }
})

it("package.json stays as it is when npm has died before the paths would change.", async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-packing-"))
  try {
    copyFileSync(join(root, "package.json"), join(folder, "package.json"))
    const gone = spawn(process.execPath, ["--version"])
    await once(gone, "close")
    const script = join(root, "scripts/manifest.js")
    const { code } = await run(folder, script, "dist", String(gone.pid)).then(() => ({ code: 0 }), (error) => error)
    assert.strictEqual(code, 1)
    assert.strictEqual(
      readFileSync(join(folder, "package.json"), "utf8"),
      readFileSync(join(root, "package.json"), "utf8")
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
