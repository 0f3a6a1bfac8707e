import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), "utf8")
const filesOf = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => file.endsWith(".ts") || file.endsWith(".js"))

/** What a file imports: its own package's files by their path, others by their name. Types count, dynamic imports too. */
const importsOf = (file: string): ReadonlyArray<string> =>
  Array.from(
    read(file).replace(/^ *(\*|\/\/).*$/gm, "").matchAll(/(?:\bfrom|\bimport\(|^import)\s*"([^"]+)"/gm),
    ([, name = ""]) => name.startsWith(".") ? normalize(join(dirname(file), name)) : name
  )

/** Who of `files` imports something that `isForbidden`. */
const offenders = (files: ReadonlyArray<string>, isForbidden: (imported: string) => boolean): ReadonlyArray<string> =>
  files.flatMap((file) => importsOf(file).filter(isForbidden).map((imported) => `${file} imports ${imported}`))

describe("imports", () => {
  for (
    const [folder, forbidden] of [
      ["src/main", ["src/worker", "src/cli"]],
      ["src/worker", ["src/main", "src/cli"]],
      ["src/link", ["src/main", "src/worker", "src/host", "src/cli"]],
      ["src/host", ["src/main", "src/worker", "src/cli"]],
      ["services", ["src"]],
      ["examples", ["src", "services"]]
    ] as const
  ) {
    it(`${folder} does not know ${forbidden.join(", ")}`, () => {
      const files = filesOf(folder)
      assert.isAbove(files.flatMap(importsOf).length, 0)
      assert.deepStrictEqual(offenders(files, (name) => forbidden.some((other) => name.startsWith(`${other}/`))), [])
    })
  }

  it("of the modules beside the folders, only System and Testing know how a system runs", () => {
    const modules = filesOf("src").filter((file) => dirname(file) === "src")
    const knowing = offenders(modules, (name) => /^src\/(main|worker|host|cli)\//.test(name))
    assert.deepStrictEqual(
      Array.from(new Set(knowing.map((line) => line.split(" ")[0]))).toSorted(),
      ["src/System.ts", "src/Testing.ts"]
    )
  })

  it("only main/thread makes workers", () => {
    assert.deepStrictEqual(filesOf("src").filter((file) => read(file).includes("new Worker(")), ["src/main/thread.ts"])
  })

  it("nothing that a thread loads imports a barrel of Effect", () => {
    const barrel = (name: string) => name === "effect" || /^@effect\/[a-z-]+$/.test(name)
    const loaded = ["src", "services", "examples"].flatMap(filesOf).filter((file) => !file.endsWith(".test.ts"))
    assert.deepStrictEqual(offenders(loaded, barrel), [])
  })
})

describe("documents", () => {
  for (const document of ["README.md", "ARCHITECTURE.md"]) {
    it(`${document} names only what exists`, () => {
      const links = Array.from(read(document).matchAll(/\]\(([^)#\s]+)\)/g), ([, target = ""]) => target)
      const local = links.filter((target) => !target.includes("://"))
      assert.isAbove(local.length, 0)
      assert.deepStrictEqual(local.filter((target) => !existsSync(join(root, target))), [])
    })
  }

  it("ARCHITECTURE.md has a place for every file of link, host, main and worker", () => {
    const text = read("ARCHITECTURE.md")
    const files = ["src/link", "src/host", "src/main", "src/worker"].flatMap(filesOf)
    assert.deepStrictEqual(files.filter((file) => !text.includes(`](${file})`)), [], "add it to the code map")
  })

  it("the README fits on a few screens", () => {
    assert.isAtMost(read("README.md").split("\n").length, 150)
  })
})
