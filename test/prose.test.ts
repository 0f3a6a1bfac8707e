/**
 * Phrases that no native engineer writes, in what people read: documents, comments and error texts.
 */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const read = (path: string): string => readFileSync(join(root, path), "utf8")

/** Each phrase, and what to write instead. */
const bad: ReadonlyArray<readonly [phrase: RegExp, instead: string]> = [
  [/\banew\b/i, "again"],
  [/\bwho(m)?ever\b/i, "the person, the thread, any reason"],
  [/\bin hand\b/i, "being handled"],
  [/\ba dice\b|\brolls (no )?dice\b/i, "a random number"],
  [/\bhears? of\b/i, "learns, receives"],
  [/\b(tells?|told) (its|their|the) news\b/i, "reports"],
  [/(^|[.:;(] )So (many|long)\b/, "this number, this time"],
  [/\b(after|from|to|than|for) so (many|long)\b/i, "a name for the number"],
  [/\bWho (waits|hears|asks|has|is|was|does) [^?]*\./, "the subject by its name"],
  [/\bwho waits for whom\b/i, "which actors wait for each other"],
  [/\bbeside (it|them|its|the|a|that|which|what|hosting|those)\b/i, "next to, besides, compared with"]
]

/** The prose of a source: its comments and its texts. */
const proseOf = (source: string): ReadonlyArray<readonly [line: number, text: string]> =>
  source.split("\n").flatMap((text, index) => /^\s*(\/?\*|\/\/)|["`]/.test(text) ? [[index + 1, text]] : [])

const faultsOf = (path: string): ReadonlyArray<string> => {
  const source = read(path)
  const lines = path.endsWith(".md")
    ? source.split("\n").map((text, index) => [index + 1, text] as const)
    : proseOf(source)
  return lines.flatMap(([line, text]) =>
    bad.flatMap(([phrase, instead]) => {
      const [found] = phrase.exec(text) ?? []
      return found === undefined ? [] : [`${path}:${line} "${found.trim()}": write ${instead}`]
    })
  )
}

const filesOf = (folder: string, ending: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending)).map((file) => join(folder, file))

describe("Prose", () => {
  it("The documents use no phrase of the list.", () => {
    const documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", ...filesOf("docs", ".md")]
    assert.isAbove(documents.length, 4)
    assert.deepStrictEqual(documents.flatMap(faultsOf), [])
  })

  it("The comments and texts of src use no phrase of the list.", () => {
    const sources = [...filesOf("src", ".ts"), ...filesOf("src", ".js")]
    assert.isAbove(sources.length, 80)
    assert.deepStrictEqual(sources.flatMap(faultsOf), [])
  })

  for (
    const [text, isBad] of [
      ["its layer is built anew", true],
      ["Who waits for an answer has what keeps the process alive.", true],
      ["So long an actor may begin messages.", true],
      ["waits for so many milliseconds", true],
      ["the message in hand", true],
      ["what stands beside it", true],
      ["People who run it in production", false],
      ["near the limit each step takes so long that the watchdog would be first", false],
      ["It was so many that the heap was full.", false],
      ["besides hosting actors", false]
    ] as const
  ) {
    it(`The list ${isBad ? "rejects" : "allows"} "${text}".`, () => {
      assert.strictEqual(bad.some(([phrase]) => phrase.test(text)), isBad)
    })
  }
})
