import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"

const docs = new URL("../docs/", import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, docs), "utf8")
const links = (text: string): ReadonlyArray<string> =>
  Array.from(text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g), ([, target = ""]) => target)

const sections = read("promises.md").split(/^### /m).slice(1)
const rules = sections.map((section) => section.split(" ")[0] ?? "")
const kinds = ["F", "D", "K", "M", "N", "S", "B", "C", "W"]

/** The rules that the titles of a test file name. */
const named = (file: string): ReadonlySet<string> =>
  new Set(
    Array.from(read(file).matchAll(/\bit[.\w]*\(\s*["`]([^:"`]*):/g), ([, names = ""]) => names.split(", ")).flat()
  )

describe("docs/promises.md", () => {
  it("docs/promises.md has one section for each rule, in their order and without a gap.", () => {
    const all = kinds.flatMap((kind) =>
      rules.filter((rule) => rule.startsWith(kind)).map((_, index) => `${kind}${index + 1}`)
    )
    assert.deepStrictEqual(rules, all)
  })

  for (const section of sections) {
    const [rule = ""] = section.split(" ")
    it(`${rule} is linked to tests that name it.`, () => {
      const [first = ""] = section.split(/^## /m)
      // A link behind "as tables" or the like is for further reading.
      const tests = links(first).filter((target) => target.startsWith("../test/") && named(target).has(rule))
      assert.isAbove(tests.length, 0)
    })
  }
})

for (const document of ["promises.md", "isolation.md", "deaths.md"]) {
  it(`docs/${document} links only to what exists.`, () => {
    assert.deepStrictEqual(links(read(document)).filter((target) => !existsSync(new URL(target, docs))), [])
  })
}
