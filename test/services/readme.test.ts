import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../services", import.meta.url))
const readme = readFileSync(join(root, "README.md"), "utf8")

/** What the code reads by `Config` or from `process.env`: that of the services, and of the dashboard that they declare. */
const read = [...readdirSync(root, { recursive: true, encoding: "utf8" }), "../src/dashboard/settings.ts"]
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => {
    const source = readFileSync(join(root, file), "utf8")
    return [...source.matchAll(/(?:Config\.\w+|\blist)\([^()"]*"([A-Z_]+)"\)|\benv\["([A-Z_]+)"\]/g)]
      .flatMap(([, byConfig, byEnv]) => byConfig ?? byEnv ?? [])
  })

describe("services/README.md", () => {
  it("services/README.md has a row for every option that the code reads, and no other.", () => {
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` /gm)].map(([, name]) => name)
    assert.isAbove(rows.length, 25)
    assert.deepStrictEqual(rows.toSorted(), [...new Set(read)].toSorted())
  })

  it("services/README.md says of the scraper's options what its settings say.", () => {
    const cells = (text: string) =>
      [...text.matchAll(/^[ *]*\| `(SCRAPER_\w+)` *\| *(\S+) *\| *([^|]*?) *\| *([^|]*?) *\|$/gm)]
        .map(([, name = "", , standard = ""]) => [name, standard.split(",", 1)[0]] as const)
    const settings = readFileSync(join(root, "scraper/settings.ts"), "utf8")
    assert.deepStrictEqual(cells(readme), cells(settings))
  })

  it("services/README.md names only what exists.", () => {
    const links = [...readme.matchAll(/\]\(([^)#\s]+)\)/g)].map(([, target = ""]) => target)
    assert.deepStrictEqual(links.filter((target) => !target.includes("://") && !existsSync(join(root, target))), [])
  })

  it("services/README.md shows code that is there.", () => {
    const squeeze = (text: string) => text.replace(/\s+/g, " ")
    const sources = ["Uptime.ts", "UptimeLayer.ts", "config.ts", "command.ts", "command.ts", "withBot.ts"]
      .map((file) => readFileSync(join(root, "uptime", file), "utf8"))
      .map((text) => squeeze(text.replace(/^ *\/\*\*.*\*\/\n/gm, "")))
    const [before = "", after = ""] = readme.split("## Crawling")
    const own = before + after.slice(after.indexOf("\n## "))
    const blocks = [...own.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code)
    assert.lengthOf(blocks, 6)
    for (const [i, block] of blocks.entries()) {
      for (const part of block.split("// ...")) assert.include(sources[i] ?? "", squeeze(part).trim())
    }
  })
})
