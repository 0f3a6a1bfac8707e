/** What `npm publish` would send, installed beside a user's program: Node strips no types inside node_modules. */
import { assert, it } from "@effect/vitest"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = fileURLToPath(new URL("..", import.meta.url))
const run = (cwd: string, ...args: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000 })

/** What the public surface is made of: the capitalised modules of `src`. */
const publicModules = ["heddle"].concat(
  readdirSync(join(root, "src")).filter((file) => /^[A-Z].*\.ts$/.test(file)).map((file) =>
    `heddle/${file.slice(0, -3)}`
  )
)

/** A sample of all else, by each way to spell it. */
const privateModules = [
  "heddle/topology",
  "heddle/log",
  "heddle/supervision",
  "heddle/index",
  "heddle/main/run",
  "heddle/link/endpoint",
  "heddle/host/actors",
  "heddle/life/run",
  "heddle/worker/entry.js",
  "heddle/cli/bin.js",
  "heddle/Actor.ts",
  "heddle/Actor.js",
  "heddle/src/base/log.ts",
  "heddle/dist/log.js",
  "heddle/dist/Actor.js"
]

/** The text of a manifest, with the paths of compiled files. */
const pointedAtDist = (manifest: string): string =>
  manifest.replaceAll("\"./src/", "\"./dist/").replaceAll(/("\.\/dist\/.*)\.ts"/g, "$1.js\"")

/** Imports what it is given, and says what became of each. */
const imports = `
const outcomes = {}
for (const name of process.argv.filter((name) => name.startsWith("heddle"))) {
  outcomes[name] = await import(name).then(() => "imported", (error) => error.code)
}
console.log(JSON.stringify(outcomes))
`

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
