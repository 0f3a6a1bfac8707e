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

/** The titles of the tests in a file, each with its line; placeholders count as words. */
const titlesOf = (path: string): ReadonlyArray<readonly [line: number, title: string]> => {
  const source = read(path)
  return Array.from(
    source.matchAll(/^ *(?:it|test)(?:\.\w+)*(?:\([^\n]*?\))?\(\s*(["`])((?:\\.|(?!\1).)*)\1/gms),
    ({ 2: title = "", index }) => [source.slice(0, index).split("\n").length, title]
  )
}

/** Names that are written in small letters, also at the beginning of a sentence. */
const smallNames = /^(npm|heddle|undici|gzip|http|https|zlib-stream|robots\.txt|one-for-one)\b/

/** A title says a promise, not what is done to a subject that stands elsewhere. */
const verbs =
  /^(Is|Are|Has|Have|Does|Do|Can|May|Must|Never|Always|Keeps|Gives|Gets|Goes|Says|Counts|Refuses|Answers|Starts|Stops|Ends|Lets|Runs|Reads|Writes|Sends|Takes|Shows|Fails|Works|That|Whose)\b/

/** What is wrong with a test's title, which is one or more whole sentences behind the promises that it is about. */
const faultOfTitle = (title: string): string | undefined => {
  const text = title.replace(/^(\[[^\]]*\] )?([FDKNSBC]\d+(, [FDKNSBC]\d+)*: )?/, "")
  if (!/[.?!]["`)]*$/.test(text)) return "end it with a period"
  const [first = ""] = text.split(" ")
  const isName = smallNames.test(text) || /^[^a-z]/.test(text) || /[a-z%][./_(A-Z]/.test(first)
  if (!isName) return "begin it with a capital letter"
  return verbs.test(text) ? "begin it with its subject" : undefined
}

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

  it("The titles of tests are whole sentences, behind the promises that they are about.", () => {
    const files = filesOf("test", ".ts")
    const titles = files.flatMap((path) => titlesOf(path).map(([line, title]) => [`${path}:${line}`, title] as const))
    assert.isAbove(titles.length, 1200)
    assert.deepStrictEqual(
      titles.flatMap(([place, title]) => {
        const fault = faultOfTitle(title)
        return fault === undefined ? [] : [`${place} "${title}": ${fault}`]
      }),
      []
    )
  })

  for (
    const [title, isSentence] of [
      ["F3, D2: A restart that was asked for costs no message.", true],
      ["`heddle start` runs the program.", true],
      ["docs/promises.md has one section for each rule.", true],
      ["[tor] The scraper fetches by an exit.", true],
      ["A thread ends", false],
      ["F3: a thread ends.", false],
      ["Ends a thread.", false],
      ["is restarted after 100 ms", false]
    ] as const
  ) {
    it(`The rule for titles ${isSentence ? "allows" : "rejects"} "${title}".`, () => {
      assert.strictEqual(faultOfTitle(title) === undefined, isSentence)
    })
  }

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
