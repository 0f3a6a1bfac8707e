/**
 * What a crawl is asked for, checked and filled in.
 */
import * as Effect from "effect/Effect"
import { hash } from "node:crypto"
import { isOperatorsOnly, longestUrl } from "./addresses.ts"
import { canonical } from "./canonicalUrl.ts"
import type * as Frontier from "./frontier.ts"
import type { Outcome } from "./outcomes.ts"
import * as Patterns from "./patterns.ts"
import { type Before, CrawlFailed, type CrawlRequest, type SkipReason } from "./Scraper.ts"
import type { Selection } from "./selecting.ts"
import * as Sending from "./sending.ts"

export interface Plan {
  /** Equal for crawls that go on with each other. */
  readonly id: string
  readonly seeds: ReadonlyArray<URL>
  /** The seeds as the frontier knows them. */
  readonly entries: ReadonlyArray<Frontier.Address>
  /** What is sent for seeds that are more than an address, by their keys. */
  readonly sent: ReadonlyMap<string, Before>
  readonly maxPages: number
  readonly maxDepth: number
  readonly sameHost: boolean
  readonly summary: boolean
  readonly sitemaps: boolean
  readonly followsTraps: boolean
  readonly obeys: ReadonlySet<"nofollow" | "noindex" | "canonical">
  readonly patterns: Patterns.Patterns
  /** The address as the frontier knows it. */
  readonly address: (url: URL) => Frontier.Address
  readonly before: ReadonlyArray<Before>
  readonly headers: Readonly<Record<string, string>>
  readonly html: boolean
  readonly responseHeaders: boolean
  readonly selection: Selection | undefined
  /** The columns of a file of items; undefined for one of pages. */
  readonly columns: ReadonlyArray<string> | undefined
  readonly export: string | undefined
}

/** Reads the request. */
export const planOf = Effect.fnUntraced(function*(request: CrawlRequest): Effect.fn.Return<Plan, CrawlFailed> {
  const { fresh: _, seeds: given, summary = false, ...rest } = request
  const begun = yield* Effect.forEach(given, seedOf)
  const seeds = begun.map(({ url }) => url)
  const { before = [], headers = {}, maxDepth = 3, maxPages = 100, sameHost = true } = rest
  const sent = begun.flatMap(({ sent }) => sent ?? [])
  const problem = problemOfSending([{ headers }, ...before, ...sent]) ?? problemOfExport(rest.export)
  if (problem !== undefined) return yield* invalid(problem)
  const isIgnored = Patterns.parameters(rest.ignoreParameters)
  const address = (url: URL): Frontier.Address => ({ key: canonical(url, isIgnored), url: url.href })
  const entries = begun.map((seed) => entryOf(seed, address(seed.url)))
  const id = hash(
    "sha256",
    JSON.stringify([entries.map(({ key }) => key).sort(), sortedJson({ ...rest, maxPages, maxDepth, sameHost })])
  )
  return {
    id,
    seeds,
    entries,
    sent: new Map(begun.flatMap(({ sent }, n) => sent === undefined ? [] : [[entries[n]?.key ?? "", sent]])),
    maxPages,
    maxDepth,
    sameHost,
    summary,
    sitemaps: rest.sitemaps === true,
    followsTraps: rest.traps === true,
    obeys: new Set(rest.obey ?? ["nofollow"]),
    patterns: Patterns.read(rest.include, rest.exclude),
    address,
    before,
    headers,
    html: rest.html === true,
    responseHeaders: rest.responseHeaders === true,
    selection: yield* selectionOf(rest.select),
    columns: rest.select === undefined ? undefined : Object.keys(rest.select.fields),
    export: rest.export
  }
})

/** A seed that was read; `sent` if it is more than an address. */
interface Seed {
  readonly url: URL
  readonly sent: Before | undefined
}

const seedOf = (given: CrawlRequest["seeds"][number]): Effect.Effect<Seed, CrawlFailed> => {
  const [seed, sent] = typeof given === "string" ? [given, undefined] : [given.url, given]
  const url = seed.length > longestUrl ? null : URL.parse(seed)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return Effect.fail(
      new CrawlFailed({
        reason: "InvalidSeed",
        detail: `"${seed.slice(0, 200)}" is not an address; write it in full, as in https://example.com/`
      })
    )
  }
  url.hash = ""
  return Effect.succeed({ url, sent })
}

/** What an address answers to a POST is another page than its own, and one for each body. */
const entryOf = ({ sent }: Seed, address: Frontier.Address): Frontier.Address =>
  sent?.method === "POST"
    ? { ...address, key: `POST ${address.key} ${hash("sha256", JSON.stringify(sortedJson(sent)), "base64url")}` }
    : address

/** Why one of these can't be sent. */
const problemOfSending = (all: ReadonlyArray<Parameters<typeof Sending.read>[0]>): string | undefined =>
  all.map(Sending.read).find((sending) => typeof sending === "string")

const problemOfExport = (name: string | undefined): string | undefined =>
  name === undefined || /^[A-Za-z0-9][\w.-]{0,99}\.(jsonl|csv)$/.test(name)
    ? undefined
    : `export: "${name.slice(0, 200)}" is not the plain name of a .jsonl or .csv file`

/** The entries in the order of their names, so that it is the same crawl however it was written. */
const sortedJson = (options: Readonly<Record<string, unknown>>) =>
  Object.entries(options).filter(([, value]) => value !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1))

const invalid = (detail: string) => Effect.fail(new CrawlFailed({ reason: "InvalidRequest", detail }))

const selectionOf = Effect.fnUntraced(function*(select: CrawlRequest["select"]) {
  if (select === undefined) return undefined
  // Loaded here, because most crawls select nothing.
  const { read } = yield* Effect.promise(() => import("./selecting.ts"))
  const selection = read(select)
  return typeof selection === "string" ? yield* invalid(selection) : selection
})

/** The hosts that a crawl stays on: those of its seeds, and where the seeds redirect to. */
export const hostsOf = ({ sameHost, seeds }: Plan) => {
  const hosts = new Set(seeds.map((seed) => seed.host))
  return {
    remember: (outcome: Outcome): void => {
      const url = outcome._tag === "Fetched" && outcome.depth === 0 ? URL.parse(outcome.page.finalUrl) : null
      if (url !== null) hosts.add(url.host)
    },
    isInside: (url: URL): boolean => !sameHost || hosts.has(url.host)
  }
}

export type CrawlHosts = ReturnType<typeof hostsOf>

/** Why a link of a page is not followed, as far as the address shows it; undefined when it is. */
export const whyNot = (
  plan: Plan,
  hosts: CrawlHosts,
  rules: Parameters<typeof isOperatorsOnly>[0],
  link: { readonly url: URL; readonly page: URL; readonly depth: number }
): SkipReason | undefined =>
  !hosts.isInside(link.url)
    ? "offHost"
    : isOperatorsOnly(rules, link.url, link.page)
    ? "blocked"
    : !plan.patterns.includes(link.url)
    ? "pattern"
    : link.depth >= plan.maxDepth
    ? "depth"
    : undefined
