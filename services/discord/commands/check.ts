/** `/check list` and `/check file` say which of many addresses answer. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type FetchFailed, Scraper } from "../../scraper/Scraper.ts"
import * as Command from "../Command.ts"
import { textOf } from "../givenFiles.ts"
import { clip } from "../words.ts"

const mostAddresses = 25
const atOnce = 4
const longestWait = "90 seconds"
const mostBytes = 65_536

const noAddress = "I find no address there. Write them in full, like `https://example.com`, one on each line."

const addresses = (count: number): string => `${count} ${count === 1 ? "address" : "addresses"}`

/** The addresses in a text, each once. */
const addressesIn = (text: string): ReadonlyArray<string> => [...new Set(text.match(/https?:\/\/[^\s<>"'`]+/g))]

/** What is wrong with an address that gave no page; nothing if it is there, and only is no page, such as a picture. */
const problemOf = ({ detail, reason }: FetchFailed): string | undefined =>
  reason === "ContentType" ? undefined : reason === "Robots" ? "its robots.txt keeps me out" : clip(detail, 80)

const check = Effect.fnUntraced(function*(text: string, progress: Command.Asked["progress"]) {
  const scraper = yield* Scraper
  const all = addressesIn(text)
  const urls = all.slice(0, mostAddresses)
  if (urls.length === 0) return yield* new Command.Failed({ detail: noAddress })
  let done = 0
  const lookAt = (url: string) =>
    scraper.Fetch({ url }, { timeout: longestWait }).pipe(
      Effect.as(undefined),
      Effect.catchTag("FetchFailed", (error) => Effect.succeed(problemOf(error))),
      Effect.catchIf(
        ({ reason }) => reason._tag === "TimedOut",
        () => Effect.succeed("took too long")
      ),
      Effect.map((problem) => ({ url, problem })),
      Effect.tap(() => Effect.suspend(() => progress(`${++done} of ${addresses(urls.length)}…`)))
    )
  const found = yield* Effect.forEach(urls, lookAt, { concurrency: atOnce })
  const bad = found.filter(({ problem }) => problem !== undefined)
  const left = all.length - urls.length
  return [
    `**${urls.length - bad.length} of ${addresses(urls.length)} answer.**`,
    ...(left === 0 ? [] : [`I look at ${mostAddresses} at a time, and left out ${left}.`]),
    ...bad.map(({ problem, url }) => `- <${clip(url, 100)}>: ${problem}`)
  ].join("\n")
})

const list = Command.withForm({
  name: "list",
  description: "Says which addresses answer: you paste them into a form",
  locales: { de: { name: "liste", description: "Sagt, welche Adressen antworten: du schreibst sie in ein Formular" } },
  isWork: true,
  form: {
    title: "Which addresses?",
    fields: { addresses: Schema.String.annotate({ description: "One on each line, https://…" }) }
  },
  run: ({ form, progress }) => check(form.addresses, progress)
})

const file = Command.make({
  name: "file",
  description: "Says which of the addresses in a file answer",
  locales: {
    de: {
      name: "datei",
      description: "Sagt, welche Adressen einer Datei antworten",
      options: { file: { name: "datei", description: "Ein Text mit Adressen" } }
    }
  },
  options: { file: Command.File("A text with addresses") },
  isWork: true,
  run: ({ options, progress }) => Effect.flatMap(textOf(options.file, mostBytes), (text) => check(text, progress))
})

export default Command.group({
  name: "check",
  description: "Which of many addresses answer",
  locales: { de: { name: "prüfen", description: "Welche von vielen Adressen antworten" } },
  commands: [list, file]
})
