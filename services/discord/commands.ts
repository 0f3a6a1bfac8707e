/** The bot's commands: how they are called, and what they answer. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ActorError, System } from "heddle"
import type { Crawled, CrawlFailed, Ended, FetchFailed, Page, Skipped } from "../scraper/Scraper.ts"
import type { BotStatus } from "./DiscordBot.ts"
import type { Interaction } from "./events.ts"

/** The slash commands as Discord registers them: type 1 is a command, an option of type 3 a text. */
export const definitions = [
  { type: 1, name: "health", description: "How the bot and every thread of the system are", options: [] },
  {
    type: 1,
    name: "scrape",
    description: "Fetches a page and says what is on it",
    options: [{ type: 3, name: "url", description: "The page's address, https://…", required: true }]
  },
  {
    type: 1,
    name: "crawl",
    description: "Follows the links of a site, up to 50 pages",
    options: [{ type: 3, name: "url", description: "Where to begin, https://…", required: true }]
  },
  { type: 1, name: "ping", description: "Answers at once", options: [] },
  { type: 1, name: "help", description: "What the bot can do", options: [] }
] as const

/** A command by its name, with the rest of what was typed. */
export interface Command {
  readonly name: string
  readonly argument: string
}

/** What the commands ask of the rest of the system. */
export interface Sources {
  readonly status: Effect.Effect<BotStatus>
  readonly threads: Effect.Effect<ReadonlyArray<System.ThreadStatus>, ActorError.ActorError>
  readonly fetch: (url: string) => Effect.Effect<Page, FetchFailed | ActorError.ActorError>
  readonly crawl: (url: string, maxPages: number) => Stream.Stream<Crawled | Ended, CrawlFailed | ActorError.ActorError>
}

/**
 * Reads a command that someone typed as a plain message, or null.
 *
 * **Details**
 * - `/name` and `!name` both work. An unknown `!name` is left alone, since it may be meant for another bot.
 */
export const fromText = (content: string): Command | null => {
  const [, sign, name, rest = ""] = /^([/!])([a-z]+)(?:\s([^]*))?$/i.exec(content.trim()) ?? []
  if (name === undefined) return null
  const command = { name: name.toLowerCase(), argument: rest.trim() }
  return sign === "!" && !isKnown(command.name) ? null : command
}

export const fromInteraction = ({ data }: Interaction): Command => {
  const value = data.options?.[0]?.value
  return { name: data.name, argument: typeof value === "string" ? value.trim() : "" }
}

/** Whether there is a command of this name. */
export const isKnown = (name: string): boolean => definitions.some((definition) => definition.name === name)

/** Whether a command fetches pages, which may take long, and is limited. */
export const isWork = ({ argument, name }: Command): boolean =>
  (name === "scrape" || name === "crawl") && argument !== ""

/** Shows the person who waits for an answer how far the command has come. */
export type Progress = (text: string) => Effect.Effect<void>

/** Runs a command and puts its outcome in words, whatever it is. */
export const run = (command: Command, sources: Sources, progress: Progress): Effect.Effect<string> => {
  switch (command.name) {
    case "ping":
      return Effect.map(
        sources.status,
        ({ latencyMillis }) =>
          latencyMillis === null ? "Pong!" : `Pong! Discord answers my heartbeats in ${Math.round(latencyMillis)} ms.`
      )
    case "help":
      return Effect.succeed(help)
    case "health":
      return health(sources)
    case "scrape":
      return command.argument === ""
        ? Effect.succeed("Which page? Give me its address: `/scrape https://example.com`")
        : scrape(command.argument, sources)
    case "crawl":
      return command.argument === ""
        ? Effect.succeed("Which site? Give me an address to begin at: `/crawl https://example.com`")
        : crawl(command.argument, sources, progress)
    default:
      return Effect.succeed(`I don't know \`/${command.name}\`.\n${help}`)
  }
}

const help = [
  "I can do this:",
  ...definitions.map(({ description, name, options }) =>
    `- \`/${[name, ...options.map((option) => `<${option.name}>`)].join(" ")}\`: ${description}`
  )
].join("\n")

const health = ({ status, threads }: Sources): Effect.Effect<string> =>
  Effect.gen(function*() {
    const bot = botLine(yield* status)
    return yield* Effect.match(threads, {
      onSuccess: (all) => [bot, ...all.map(threadLine)].join("\n"),
      onFailure: (error) => `${bot}\nI could not ask the supervisor about the threads: ${error.message}`
    })
  })

const botLine = (status: BotStatus): string => {
  const facts = [
    status.user === null ? null : `logged in as ${plain(status.user)}`,
    `${status.mode === "sandbox" ? "in the sandbox" : "on Discord"}`,
    status.sessionAgeMillis === null ? null : `session ${age(status.sessionAgeMillis)} old`,
    status.problem === null ? null : plain(status.problem),
    status.isUncertain ? "a heartbeat is overdue" : null,
    status.lastAckAgeMillis === null ? null : `last heartbeat answered ${age(status.lastAckAgeMillis)} ago`,
    `${status.reconnects} reconnects`,
    `${status.resumes} resumes`
  ]
  return `**Bot** ${status.state}: ${facts.filter((fact) => fact !== null).join(", ")}`
}

const threadLine = ({ incarnation, name, restarts, state }: System.ThreadStatus): string =>
  `- thread **${plain(name)}**: ${state}, incarnation ${incarnation}, ${restarts} ${
    restarts === 1 ? "restart" : "restarts"
  }`

const shownLinks = 5

const scrape = (url: string, { fetch }: Sources): Effect.Effect<string> =>
  Effect.match(fetch(url), {
    onSuccess: describePage,
    onFailure: (error) => error._tag === "FetchFailed" ? explainFetch(error) : explainActor(error)
  })

const describePage = ({ finalUrl, links, status, title, truncated }: Page): string =>
  [
    `**${title === "" ? "(no title)" : plain(clip(title, 200))}**`,
    `<${clip(finalUrl, 200)}> answered ${status} and has ${plural(links.length + (truncated?.links ?? 0), "link")}` +
    (links.length === 0 ? "." : links.length <= shownLinks ? ":" : `, among them:`),
    ...links.slice(0, shownLinks).map((link) => `- <${clip(link, 200)}>`)
  ].join("\n")

const maxCrawled = 50

const crawl = (url: string, sources: Sources, show: Progress): Effect.Effect<string> =>
  Effect.suspend(() => {
    const titles: Array<string> = []
    let progress = { fetched: 0, failed: 0, queued: 0 }
    let skipped: Skipped | undefined
    const soFar = () => `${plural(progress.fetched, "page")} read, ${progress.failed} failed${describeSkipped(skipped)}`
    return sources.crawl(url, maxCrawled).pipe(
      Stream.runForEach((item) =>
        Effect.suspend(() => {
          progress = item.progress
          skipped = item.skipped
          if (item._tag === "Fetched" && titles.length < shownLinks) {
            titles.push(`- ${plain(clip(item.page.title, 100))} <${clip(item.page.finalUrl, 200)}>`)
          }
          return show(`Crawling <${clip(url, 200)}>: ${soFar()}, ${progress.queued} to go.`)
        })
      ),
      // An interaction can be answered for 15 minutes.
      Effect.timeoutOption("10 minutes"),
      Effect.match({
        onSuccess: (ended) =>
          [
            `**Crawl of <${clip(url, 200)}>**: ${soFar()}` +
            (Option.isSome(ended)
              ? "."
              : ` in ten minutes, ${progress.queued} to go. Give the command again to go on.`),
            ...titles
          ].join("\n"),
        onFailure: (error) =>
          error._tag === "CrawlFailed"
            ? `I could not crawl <${clip(url, 200)}>: ${clip(error.detail, 300)}`
            : `${explainActor(error)} So far: ${soFar()}; the same command goes on from there.`
      })
    )
  })

const describeSkipped = (skipped: Skipped = {}): string => {
  const reasons = skipWords.flatMap(([reason, words]) => {
    const count = skipped[reason] ?? 0
    return count === 0 ? [] : [`${count} ${words}`]
  })
  return reasons.length === 0 ? "" : `, left out: ${reasons.join(", ")}`
}

const skipWords: ReadonlyArray<readonly [reason: keyof Skipped, words: string]> = [
  ["robots", "that robots.txt forbids"],
  ["type", "that are no pages"],
  ["blocked", "that are not open to me"],
  ["offHost", "on other sites"],
  ["duplicate", "that lead to a page I have"],
  ["depth", "too far from the start"],
  ["limit", "beyond my limit"]
]

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`

const explainFetch = ({ detail, failedBy, reason, retryable, url }: FetchFailed): string =>
  `I could not read <${clip(url, 200)}>: ${failedBy === "Proxy" ? proxyFailed : fetchReasons[reason]} ` +
  `(${clip(detail, 300)})` +
  (retryable ? " It may work if you try again in a minute." : "")

const fetchReasons: Readonly<Record<FetchFailed["reason"], string>> = {
  InvalidUrl: "that is no web address I can use. Write it in full, like `https://example.com`.",
  Blocked: "that address is not open to me, because it belongs to a private network. Try a public page.",
  Robots: "the site's robots.txt asks programs like me to stay away. Open the page yourself.",
  Unreachable: "the site could not be reached. Check the address.",
  TimedOut: "the site took too long to answer.",
  TooLarge: "the page is larger than I may read.",
  ContentType: "it is not a web page. Ask me for an HTML or text page.",
  TooManyRedirects: "it redirects round and round.",
  Status: "the site answered with an error.",
  Malformed: "the site's answer makes no sense."
}

const proxyFailed = "the proxy that I go through failed. The site may be fine."

const explainActor = ({ message, reason }: ActorError.ActorError): string => {
  switch (reason._tag) {
    case "Restarting":
    case "Crashed":
      return "The scraper is being restarted. Try again in a few seconds."
    case "TimedOut":
      return "The scraper did not finish in time. Try again, or a smaller page."
    case "MailboxFull":
      return "The scraper has too much to do. Try again in a minute."
    case "NotRunning":
      return "The scraper is not running. Whoever runs this system must start its thread."
    case "Stopping":
      return "The system is shutting down. Try again when it is back."
    case "NotSendable":
    case "Rejected":
      return `The scraper could not be asked: ${clip(message, 300)}`
  }
}

/** Cuts a text to what fits. */
export const clip = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`

/** Keeps a text from being read as Discord's markup. */
const plain = (text: string): string => text.replace(/[\\`*_~|<>[\]#]/g, "\\$&")

const age = (millis: number): string =>
  millis < 10_000
    ? `${(millis / 1000).toFixed(1)} s`
    : millis < 120_000
    ? `${Math.round(millis / 1000)} s`
    : `${Math.round(millis / 60_000)} min`
