import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"

const src = new URL("../src/", import.meta.url)
/** The public modules, and those whose exports `Actor` exports again. */
const modules = [
  ...readdirSync(src).filter((file) => /^[A-Z]\w*\.ts$/.test(file)),
  "actor/call.ts",
  "actor/current.ts",
  "actor/deadLetter.ts"
]

/** The exports of a module, each with the comment right before it. */
const exportsOf = (source: string): ReadonlyArray<{ readonly name: string; readonly comment: string }> => {
  const lines = source.split("\n")
  return lines.flatMap((line, index) => {
    const name = /^export (?:const|class|interface|type|function) (\w+)/.exec(line)?.[1]
    if (name === undefined) return []
    const start = lines[index - 1]?.endsWith("*/")
      ? lines.findLastIndex((l, i) => i < index && l.startsWith("/**"))
      : index
    return [{ name, comment: lines.slice(start, index).join("\n") }]
  })
}

describe("Public docs", () => {
  it("An export without a comment, or with tags of another one, is found.", () => {
    const [one, two] = exportsOf("/** A.\n * @since 1 */\nexport const one = 1\n\nexport type Two = 2\n")
    assert.deepStrictEqual([one, two], [
      { name: "one", comment: "/** A.\n * @since 1 */" },
      { name: "Two", comment: "" }
    ])
  })

  for (const module of modules) {
    it(`Each export of ${module} says since when it exists, and belongs to a category.`, () => {
      const exports = exportsOf(readFileSync(new URL(module, src), "utf8"))
      const isDocumented = (comment: string) => /@since \d+\.\d+\.\d+/.test(comment) && /@category \w+/.test(comment)
      // The first of several overloads speaks for all.
      const documented = new Set(exports.filter(({ comment }) => isDocumented(comment)).map(({ name }) => name))
      assert.deepStrictEqual(exports.map(({ name }) => name).filter((name) => !documented.has(name)), [])
    })
  }
})

/** How many lines of these files say something in words, and how many there are. Empty lines count for nothing. */
const linesOf = (files: ReadonlyArray<string>): { readonly comments: number; readonly all: number } => {
  let [comments, all, inside] = [0, 0, false]
  for (const line of files.flatMap((file) => readFileSync(new URL(file, src), "utf8").split("\n"))) {
    const text = line.trim()
    if (text === "") continue
    if (text.startsWith("/*")) inside = true
    if (inside || text.startsWith("//")) comments++
    if (text.endsWith("*/")) inside = false
    all++
  }
  return { comments, all }
}

describe("Comments", () => {
  const sources = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"))
  for (
    const [kind, least, isOfKind] of [
      ["public modules", 0.3, (file: string) => !file.includes("/")],
      ["internal modules", 0.2, (file: string) => file.includes("/")]
    ] as const
  ) {
    it(`Comments are at least ${100 * least} % of the lines of ${kind}.`, () => {
      const { all, comments } = linesOf(sources.filter(isOfKind))
      assert.isAtLeast(comments / all, least, `${comments} of ${all} lines: say what the new modules are for`)
    })
  }
})
