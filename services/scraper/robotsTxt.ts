/**
 * Reads robots.txt and says what it allows. Source: RFC 9309, with Crawl-delay as most crawlers understand it.
 *
 * Its author may wish us ill. So rules are compiled once, rules that say the same become one, a path is compared with a
 * rule in one pass and without a regular expression, the work has a limit, and it is done in steps (`pace.ts`).
 */
import { runSync, type Steps } from "../pace.ts"
import { normalized } from "./canonicalUrl.ts"

/** The rules that apply to us: those of all groups that name us, or else those for everybody. */
export interface Rules {
  /** Compares a path with the rules, a few rules a step. */
  readonly decide: (pathAndQuery: string) => Steps<Decision>
  /** The same at one go; what is unclear is not allowed. */
  readonly allows: (pathAndQuery: string) => boolean
  readonly crawlDelayMillis: number
  /** What the file names as sitemaps, for everybody; 100 at most. */
  readonly sitemaps: ReadonlyArray<string>
}

/** `Unclear`: the comparison would take more than `maxWork`. Only rules that were made for that take so much. */
export type Decision = "Allowed" | "Forbidden" | "Unclear"

/** Characters of a path that are looked at for one decision, over all its rules; some 70 ms of work at most. */
const maxWork = 10_000_000

/** Longer patterns are left out: no address that is fetched has so long a path (`longestUrl`, written in escapes). */
const longestPattern = 30_000

/** Characters of a line that are read. Source: Google's parser, which reads eight times the longest URL. */
const longestLine = 16_664

/** A pattern: `*` for any characters, `$` at the end for the end. */
export interface Pattern {
  /** The texts between the wildcards. */
  readonly parts: ReadonlyArray<string>
  /** The path has to end where the pattern ends. */
  readonly anchored: boolean
}

interface Rule extends Pattern {
  readonly allow: boolean
  /** Length of the pattern as it was written: the longest that matches wins. */
  readonly length: number
}

interface Group {
  readonly agents: Set<string>
  readonly rules: Map<string, Rule>
  crawlDelayMillis: number
}

/** Reads the rules for one robot out of the text, at one go. */
export const parse = (text: string, robot: string): Rules => runSync(read(text, robot))

/**
 * Reads the rules for one robot out of the text.
 *
 * **Details**
 * - `robot`: our product token (`heddle`), compared without regard to case.
 * - A line that can't be read is skipped, as are records nobody defined.
 */
export const read = function*(text: string, robot: string): Steps<Rules> {
  const { groups, sitemaps } = yield* readRecords(text)
  const named = groups.filter(({ agents }) => agents.has(robot.toLowerCase()))
  const ours = named.length > 0 ? named : groups.filter(({ agents }) => agents.has("*"))
  const rules = new Map<string, Rule>()
  let crawlDelayMillis = 0
  for (const group of ours) {
    crawlDelayMillis = Math.max(crawlDelayMillis, group.crawlDelayMillis)
    for (const [key, rule] of group.rules) rules.set(key, rule)
    yield
  }
  return rulesOf(yield* byLength(rules.values()), crawlDelayMillis, sitemaps)
}

const rulesOf = (
  rules: ReadonlyArray<Rule>,
  crawlDelayMillis: number,
  sitemaps: ReadonlyArray<string> = []
): Rules => ({
  sitemaps,
  decide: (pathAndQuery) => decide(rules, pathAndQuery),
  allows: (pathAndQuery) => runSync(decide(rules, pathAndQuery)) === "Allowed",
  crawlDelayMillis
})

export const allowAll: Rules = rulesOf([], 0)

const mostSitemaps = 100

const readRecords = function*(
  text: string
): Steps<{ readonly groups: ReadonlyArray<Group>; readonly sitemaps: ReadonlyArray<string> }> {
  const records: Records = { groups: [], sitemaps: [], current: undefined, naming: false }
  for (const line of lines(text)) {
    yield
    const [, field = "", value = ""] = /^\s*([A-Za-z-]+)\s*:\s*([^#]*)/.exec(line) ?? []
    readers.get(field.toLowerCase())?.(records, value.trim(), line)
  }
  return records
}

/** What was read so far. */
interface Records {
  readonly groups: Array<Group>
  readonly sitemaps: Array<string>
  /** The group that rules belong to; none before the first `User-agent`. */
  current: Group | undefined
  /** The line before named an agent: one more belongs to the same group. */
  naming: boolean
}

/** What a record does, by its name. */
type Reader = (records: Records, value: string, line: string) => void

/** What a record does, by its name. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["sitemap", ({ sitemaps }, _, line) => {
    // An address may have a "#" in it, and belongs to no group.
    const [, address = ""] = /^[^:]*:\s*(\S+)/.exec(line) ?? []
    if (address !== "" && sitemaps.length < mostSitemaps) sitemaps.push(address)
  }],
  ["user-agent", (records, value) => {
    if (records.current === undefined || !records.naming) records.groups.push(records.current = newGroup())
    records.current.agents.add(productToken(value))
    records.naming = true
  }],
  ["allow", (records, value) => readRule(records, true, value)],
  ["disallow", (records, value) => readRule(records, false, value)],
  ["crawl-delay", (records, value) => {
    records.naming = false
    const seconds = Number(value)
    if (records.current !== undefined && seconds > 0) records.current.crawlDelayMillis = seconds * 1000
  }]
])

/** An empty rule matches nothing: "Disallow:" allows all. */
const readRule = (records: Records, allow: boolean, value: string): void => {
  records.naming = false
  if (value !== "" && records.current !== undefined) addRule(records.current, allow, value)
}

const newGroup = (): Group => ({ agents: new Set(), rules: new Map(), crawlDelayMillis: 0 })

const lines = function*(text: string): Generator<string> {
  const lineEnd = /\r\n|\n|\r/g
  let from = text.startsWith("\uFEFF") ? 1 : 0
  for (const { 0: end, index } of text.matchAll(lineEnd)) {
    yield text.slice(from, Math.min(index, from + longestLine))
    from = index + end.length
  }
  yield text.slice(from, from + longestLine)
}

const addRule = ({ rules }: Group, allow: boolean, value: string): void => {
  const pattern = normalize(value)
  if (pattern.length > longestPattern) return
  const { anchored, parts } = partsOf(pattern)
  const key = `${allow ? "+" : "-"}${pattern.length} ${parts.join("*")}${anchored ? "$" : ""}`
  if (!rules.has(key)) rules.set(key, { allow, length: pattern.length, parts, anchored })
}

const partsOf = (pattern: string): Pattern => {
  const anchored = pattern.endsWith("$")
  const parts = (anchored ? pattern.slice(0, -1) : pattern).replace(/\*+/g, "*").split("*")
  // A star at the end says nothing, unless the end is said.
  if (!anchored && parts.length > 1 && parts.at(-1) === "") parts.pop()
  return { parts, anchored }
}

/** Reads a pattern. */
export const compile = (pattern: string): Pattern => partsOf(normalize(pattern))

/** Compares a text with a pattern, from its beginning. */
export const matches = (pattern: Pattern, text: string): boolean => end(pattern, normalize(text)) >= 0

/** The longest first, and Allow before Disallow; so the first that matches decides. */
const byLength = function*(rules: Iterable<Rule>): Steps<Array<Rule>> {
  const lengths = new Map<number, { readonly allow: Array<Rule>; readonly disallow: Array<Rule> }>()
  for (const rule of rules) {
    const same = lengths.get(rule.length) ?? { allow: [], disallow: [] }
    lengths.set(rule.length, same)
    ;(rule.allow ? same.allow : same.disallow).push(rule)
    yield
  }
  const sorted: Array<Rule> = []
  for (const [, { allow, disallow }] of [...lengths].toSorted(([a], [b]) => b - a)) {
    for (const rule of allow) sorted.push(rule)
    for (const rule of disallow) sorted.push(rule)
    yield
  }
  return sorted
}

/** `Heddle/0.1 (+https://…)` is a name with a version: only the name counts. */
export const productToken = (agent: string): string =>
  agent.trim() === "*" ? "*" : (/^[A-Za-z_-]+/.exec(agent.trim())?.[0] ?? "").toLowerCase()

const decide = function*(rules: ReadonlyArray<Rule>, pathAndQuery: string): Steps<Decision> {
  const path = normalize(pathAndQuery)
  if (path === "/robots.txt") return "Allowed"
  let work = 0
  let workAtYield = 0
  for (const rule of rules) {
    const at = end(rule, path)
    if (at >= 0) return rule.allow ? "Allowed" : "Forbidden"
    work += 16 - at
    if (work > maxWork) return "Unclear"
    if (work - workAtYield > 100_000) {
      workAtYield = work
      yield
    }
  }
  return "Allowed"
}

/**
 * Compares a path with a rule: each part of the pattern is looked for behind the one before, so the path is walked once.
 *
 * **Details**
 * - Returns where the match ends; a negative number if there is none: how many characters were looked at, negated, less 1.
 */
const end = ({ anchored, parts }: Pattern, path: string): number => {
  const first = parts[0] ?? ""
  if (!path.startsWith(first)) return -1
  if (parts.length === 1) return anchored && path.length !== first.length ? -1 : first.length
  const at = endOfParts(anchored ? parts.slice(1, -1) : parts.slice(1), path, first.length)
  if (at === undefined) return -1 - path.length
  if (!anchored) return at
  const tail = parts.at(-1) ?? ""
  return path.length - tail.length >= at && path.endsWith(tail) ? path.length : -1 - at
}

/** Where the last of these parts ends, each behind the one before. */
const endOfParts = (parts: ReadonlyArray<string>, path: string, from: number): number | undefined => {
  let at = from
  for (const part of parts) {
    const found = path.indexOf(part, at)
    if (found < 0) return undefined
    at = found + part.length
  }
  return at
}

/** Writes each character one way, so that `/ä`, `/%C3%A4` and `/%c3%a4` are the same and `/%61` is `/a`. */
const normalize = (path: string): string =>
  normalized(path.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed())))
