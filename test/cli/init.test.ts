/** `heddle init`: what it writes, and where it refuses to. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { packageName } from "../../src/cli/init/files.ts"
import { init, managerOf } from "../../src/cli/init/init.ts"
import { launch } from "./launching.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-init-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const launched = Effect.fnUntraced(function*(cwd: string, ...args: ReadonlyArray<string>) {
  const { ended, lines } = yield* launch(["init", ...args], {
    cwd,
    env: { npm_config_user_agent: "pnpm/12.0.0 node/v26" }
  })
  return { code: (yield* ended).code, lines }
})

it.live("C13: heddle init writes a project into a new folder, or an empty repository, and says what comes next.", () =>
  Effect.gen(function*() {
    const cwd = yield* folder
    const { code, lines } = yield* launched(cwd, "My App", "--no-install")
    assert.strictEqual(code, 0)
    assert.strictEqual(lines.at(-1), "next: cd \"My App\" && pnpm install && pnpm start")
    assert.strictEqual(JSON.parse(readFileSync(join(cwd, "My App/package.json"), "utf8")).name, "my-app")
    mkdirSync(join(cwd, "empty/.git"), { recursive: true })
    assert.strictEqual(
      (yield* launched(join(cwd, "empty"), ".", "--no-install")).lines.at(-1),
      "next: pnpm install && pnpm start"
    )
    assert.isTrue(existsSync(join(cwd, "empty/config.ts")))
  }))

it.effect("C13: heddle init writes nothing where something is, and says why in one sentence.", () =>
  Effect.gen(function*() {
    const cwd = yield* folder
    mkdirSync(join(cwd, "full"))
    writeFileSync(join(cwd, "full/notes.txt"), "")
    writeFileSync(join(cwd, "file"), "")
    const problemOf = (name: string) =>
      Effect.map(
        Effect.flip(init(join(cwd, name), { heddle: undefined, install: true })),
        ({ message }) => message.replaceAll(cwd, ".")
      )
    assert.strictEqual(yield* problemOf("full"), "./full is not empty: it has notes.txt; name a new folder")
    assert.strictEqual(yield* problemOf("file"), "./file is a file; name a folder")
    assert.match(yield* problemOf("file/below"), /^\.\/file\/below can't be written: /)
    assert.deepStrictEqual(readdirSync(cwd).toSorted(), ["file", "full"])
    assert.deepStrictEqual(readdirSync(join(cwd, "full")), ["notes.txt"])
  }))

it("C13: A project's name is one that a package may have.", () => {
  assert.deepStrictEqual(
    ["app", "My App", "Käse & Brot", "_x", ".hidden", "日本", "heddle", "effect", "a".repeat(300)].map(packageName),
    ["app", "my-app", "kase-brot", "x", "hidden", "app", "heddle-app", "effect-app", "a".repeat(214)]
  )
})

it("C13: The package manager is the one that started the command.", () => {
  const agents = [
    "npm/11.0.0 node/v26",
    "pnpm/12.1.0 npm/? node/v26",
    "yarn/4.0.0 npm/?",
    "bun/1.3.0 npm/?",
    "deno/2",
    undefined
  ]
  assert.deepStrictEqual(agents.map(managerOf), ["npm", "pnpm", "yarn", "bun", "npm", "npm"])
})
