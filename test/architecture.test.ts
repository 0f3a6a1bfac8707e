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

/** The imports of `files` that are forbidden. */
const offenders = (files: ReadonlyArray<string>, isForbidden: (imported: string) => boolean): ReadonlyArray<string> =>
  files.flatMap((file) => importsOf(file).filter(isForbidden).map((imported) => `${file} imports ${imported}`))

/** The levels of `src`, lowest first. A file may import from lower levels and from its own folder. */
const levels: ReadonlyArray<ReadonlyArray<string>> = [
  ["base", "loop", "shared", "values"],
  ["wire"],
  ["vocabulary"],
  ["link"],
  ["storage"],
  ["cluster"],
  ["control"],
  ["host"],
  ["life"],
  ["main", "worker"],
  ["socket", "testing"],
  ["surface", "dashboard", "cli"]
]

/** The modules beside the folders are the vocabulary, with the parts of `Actor`, but for those that run a system. */
const surface = ["src/index.ts", "src/Dashboard.ts", "src/System.ts", "src/Testing.ts"]

const folderOf = (file: string): string => {
  if (surface.includes(file)) return "surface"
  return dirname(file) === "src" || dirname(file) === "src/actor" ? "vocabulary" : file.split("/")[1] ?? ""
}

const levelOf = (folder: string): number => levels.findIndex((folders) => folders.includes(folder))

/** The first circle of imports among `files`, as a path from a file to itself. */
const circle = (files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const done = new Set<string>()
  const walk = (file: string, path: ReadonlyArray<string>): ReadonlyArray<string> => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const imported of importsOf(file).filter((name) => files.includes(name))) {
      const found = walk(imported, [...path, file])
      if (found.length > 0) return found
    }
    done.add(file)
    return []
  }
  return files.map((file) => walk(file, [])).find((found) => found.length > 0) ?? []
}

/** All files of src that are loaded with these, by the way that Node takes: no types, and no dynamic imports. */
const loadedWith = (files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const loaded = new Set(files)
  for (const file of loaded) {
    const code = read(file).replace(/^ *(\*|\/\/).*$/gm, "")
    for (const [, name = ""] of code.matchAll(/^(?:import|export) (?!type )(?:[^"]*? from )?"(\.[^"]+)"/gm)) {
      loaded.add(normalize(join(dirname(file), name)))
    }
  }
  return Array.from(loaded)
}

describe("imports", () => {
  it("A file of src imports only lower levels and its own folder.", () => {
    const files = filesOf("src")
    assert.deepStrictEqual(files.filter((file) => levelOf(folderOf(file)) < 0), [], "every folder has a level")
    const upward = files.flatMap((file) =>
      importsOf(file).filter((imported) => imported.startsWith("src/")).filter((imported) => {
        const [from, to] = [folderOf(file), folderOf(imported)]
        return from !== to && levelOf(to) >= levelOf(from) && levelOf(from) !== levels.length - 1
      }).map((imported) => `${file} imports ${imported}`)
    )
    assert.deepStrictEqual(upward, [])
  })

  it("No files of src import each other in a circle.", () => {
    assert.deepStrictEqual(circle(filesOf("src")), [])
  })

  for (const [folder, forbidden] of [["services", ["src"]], ["examples", ["src", "services"]]] as const) {
    it(`No file of ${folder} imports from ${forbidden.join(", ")}.`, () => {
      const files = filesOf(folder)
      assert.isAbove(files.flatMap(importsOf).length, 0)
      assert.deepStrictEqual(offenders(files, (name) => forbidden.some((other) => name.startsWith(`${other}/`))), [])
    })
  }

  it("A thread loads what serves keys, instances and durable messages only where these are declared.", () => {
    const isOptional = (file: string): boolean =>
      /^src\/(storage\/(?!place)|wire\/stored|host\/(key|lane|clockHand)|link\/(balancer|courier|durable|group|held|instances|keyed|overdue|rendezvous))/
        .test(file)
    const declared = ["host/keyedServing", "link/keyedClient", "link/group", "link/durableCall", "link/courier"]
    const serving = loadedWith(declared.map((name) => `src/${name}.ts`)).filter(isOptional)
    assert.includeMembers(Array.from(serving), ["src/host/keys.ts", "src/link/instances.ts", "src/wire/stored.ts"])
    const loaded = loadedWith(["src/worker/start.ts", "src/index.ts"])
    assert.includeMembers(Array.from(loaded), ["src/host/mailbox.ts", "src/link/outbox.ts", "src/Storage.ts"])
    assert.deepStrictEqual(loaded.filter(isOptional), [])
  })

  it("Only main/thread makes workers, and the second thread of a process.", () => {
    const makers = filesOf("src").filter((file) => read(file).includes("new Worker("))
    assert.deepStrictEqual(makers.toSorted(), ["src/main/thread.ts", "src/worker/eye.ts"])
  })

  it("Nothing that a thread loads imports a barrel of Effect.", () => {
    const barrel = (name: string) => name === "effect" || /^@effect\/[a-z-]+$/.test(name)
    const loaded = ["src", "services", "examples"].flatMap(filesOf).filter((file) => !file.endsWith(".test.ts"))
    assert.deepStrictEqual(offenders(loaded, barrel), [])
  })
})

/** The package that an import names, if it is one that npm installs. */
const packageOf = (imported: string): ReadonlyArray<string> =>
  /^(node:|src\/|services\/|#)/.test(imported)
    ? []
    : [imported.split("/").slice(0, imported.startsWith("@") ? 2 : 1).join("/")]

const manifestOf = (folder: string): Readonly<Record<string, Readonly<Record<string, string>> | undefined>> =>
  JSON.parse(read(join(folder, "package.json")))

/** The texts of the files that heddle init writes. */
const isTemplate = (file: string): boolean => file.endsWith("src/cli/init/files.ts")

/** What the files of a folder import, page scripts of the browser aside. */
const packagesOf = (
  folder: string
): ReadonlyArray<string> => [
  ...new Set(
    filesOf(folder).filter((file) => !file.includes("/node_modules/") && !isTemplate(file)).flatMap(importsOf).flatMap(
      packageOf
    )
  )
]

describe("packages", () => {
  it("The package heddle depends on @effect/platform-node, and has effect and the optional sql-pg and rolldown as peers.", () => {
    const { dependencies = {}, peerDependencies = {} } = manifestOf(".")
    assert.deepStrictEqual(Object.keys(dependencies), ["@effect/platform-node"])
    assert.deepStrictEqual(Object.keys(peerDependencies), ["@effect/sql-pg", "effect", "rolldown"])
    const declared = Object.keys({ ...dependencies, ...peerDependencies })
    // The dashboard reads its files by the package's own name, by which `heddle build` finds them.
    const imported = packagesOf("src").filter((name) => name !== "heddle")
    assert.deepStrictEqual(imported.toSorted(), declared.toSorted())
  })

  it("The package services imports only what its own package.json declares.", () => {
    const { dependencies = {} } = manifestOf("services")
    assert.strictEqual(dependencies["heddle"], "file:..")
    assert.deepStrictEqual(packagesOf("services").filter((name) => !(name in dependencies)), [])
  })
})

describe("documents", () => {
  const internals = readdirSync(join(root, "docs/internals")).map((file) => `docs/internals/${file}`)
  for (const document of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", ...internals]) {
    it(`${document} names only what exists.`, () => {
      const links = Array.from(read(document).matchAll(/\]\(([^)#\s]+)\)/g), ([, target = ""]) => target)
      const local = links.filter((target) => !target.includes("://"))
      assert.isAbove(local.length, 0)
      assert.deepStrictEqual(local.filter((target) => !existsSync(join(root, dirname(document), target))), [])
    })
  }

  it("Every npm script that a document or a workflow names exists.", () => {
    const scripts = Object.keys(manifestOf(".")["scripts"] ?? {})
    const files = [
      "README.md",
      "CONTRIBUTING.md",
      "ARCHITECTURE.md",
      "docs/internals/lives.md",
      ".ci/run",
      ".github/workflows/ci.yml",
      ".github/workflows/release.yml"
    ]
    const named = files.flatMap((file) =>
      Array.from(read(file).matchAll(/\bnpm run (?:-s )?([\w:]+)/g), ([, name = ""]) => `${file}: ${name}`)
    )
    assert.isAbove(named.length, 10)
    assert.deepStrictEqual(named.filter((name) => !scripts.includes(name.split(": ")[1] ?? "")), [])
  })

  it("The code map has a place for every file in a folder of src.", () => {
    const text = read("docs/internals/code-map.md")
    const files = filesOf("src").filter((file) => dirname(file) !== "src")
    assert.deepStrictEqual(files.filter((file) => !text.includes(`](../../${file})`)), [], "add it to the code map")
  })

  it("ARCHITECTURE.md can be read in a quarter of an hour, and names every folder of src.", () => {
    const text = read("ARCHITECTURE.md")
    // What falls short is a list for looking up. 200 words a minute.
    const [first = ""] = text.split("## Where we fall short")
    const words = first.replace(/\]\([^)]*\)/g, "]").split(/\s+/).filter((word) => /[\w`]/.test(word))
    assert.isAtMost(words.length, 3000, "move what is for looking up to docs/internals")
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    assert.deepStrictEqual(folders.filter(({ name }) => !text.includes(`\`src/${name}\``)).map(({ name }) => name), [])
  })

  it("README.md links only to what is published, and names only files that exist.", () => {
    const text = read("README.md")
    const links = Array.from(text.matchAll(/\]\(([^)#\s]+)/g), ([, target = ""]) => target).filter((target) =>
      !target.includes("://")
    )
    const { files = [] }: { readonly files?: ReadonlyArray<string> } = JSON.parse(read("package.json"))
    const published = ["LICENSE", ...files].map((pattern) => pattern.replace("*", "[^/]*"))
    assert.deepStrictEqual(
      links.filter((target) => !published.some((pattern) => new RegExp(`^${pattern}(/|$)`).test(target))),
      []
    )
    const named = Array.from(text.matchAll(/`((?:test|bench|services)\/[^`*]+|[A-Z]+\.md)`/g), ([, name = ""]) => name)
    assert.isAbove(named.length, 3)
    assert.deepStrictEqual(named.filter((name) => !existsSync(join(root, name))), [])
  })

  it("The README fits on a few screens.", () => {
    assert.isAtMost(read("README.md").split("\n").length, 150)
  })
})
