/**
 * Reads robots.txt and says what it allows. Source: RFC 9309, with Crawl-delay as most crawlers understand it.
 */

import { normalized } from "./canonicalUrl.ts"

/** The rules that apply to us: those of all groups that name us, or else those for everybody. */
export interface Rules {
  readonly allows: (pathAndQuery: string) => boolean
  readonly crawlDelayMillis: number
}

export const allowAll: Rules = { allows: () => true, crawlDelayMillis: 0 }

interface Rule {
  readonly allow: boolean
  readonly pattern: string
}

interface Group {
  readonly agents: Array<string>
  readonly rules: Array<Rule>
  crawlDelayMillis: number
}

/**
 * Reads the rules for one robot out of the text.
 *
 * **Details**
 * - `robot`: our product token (`heddle`), compared without regard to case.
 * - A line that can't be read is skipped, as are records nobody defined.
 */
export const parse = (text: string, robot: string): Rules => {
  const groups = readGroups(text)
  const named = groups.filter((group) => group.agents.some((agent) => agent === robot.toLowerCase()))
  const ours = named.length > 0 ? named : groups.filter((group) => group.agents.includes("*"))
  const rules = ours.flatMap((group) => group.rules)
  return {
    allows: (pathAndQuery) => decide(rules, pathAndQuery),
    crawlDelayMillis: Math.max(0, ...ours.map((group) => group.crawlDelayMillis))
  }
}

const readGroups = (text: string): Array<Group> => {
  const groups: Array<Group> = []
  let current: Group | undefined
  let naming = false
  for (const line of text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)) {
    const [, field = "", value = ""] = /^\s*([A-Za-z-]+)\s*:\s*([^#]*)/.exec(line) ?? []
    const record = field.toLowerCase()
    if (record === "user-agent") {
      if (current === undefined || !naming) groups.push(current = { agents: [], rules: [], crawlDelayMillis: 0 })
      current.agents.push(productToken(value))
      naming = true
    } else if (record === "allow" || record === "disallow") {
      naming = false
      // An empty rule matches nothing: "Disallow:" allows all.
      if (value.trim() !== "") current?.rules.push({ allow: record === "allow", pattern: normalize(value.trim()) })
    } else if (record === "crawl-delay") {
      naming = false
      const seconds = Number(value.trim())
      if (current !== undefined && seconds > 0) current.crawlDelayMillis = seconds * 1000
    }
  }
  return groups
}

/** `Heddle/0.1 (+https://…)` is a name with a version: only the name counts. */
export const productToken = (agent: string): string =>
  agent.trim() === "*" ? "*" : (/^[A-Za-z_-]+/.exec(agent.trim())?.[0] ?? "").toLowerCase()

/** The longest pattern that matches wins, and Allow wins a tie. */
const decide = (rules: ReadonlyArray<Rule>, pathAndQuery: string): boolean => {
  const path = normalize(pathAndQuery)
  if (path === "/robots.txt") return true
  let winner: Rule = { allow: true, pattern: "" }
  for (const rule of rules) {
    const longer = rule.pattern.length > winner.pattern.length
    const tie = rule.pattern.length === winner.pattern.length && rule.allow
    if ((longer || tie) && matches(rule.pattern, path)) winner = rule
  }
  return winner.allow
}

/** `*` stands for any text, a `$` at the end for the end. No regular expression: its author may wish us ill. */
const matches = (pattern: string, path: string): boolean => {
  const anchored = pattern.endsWith("$")
  const [first = "", ...rest] = (anchored ? pattern.slice(0, -1) : pattern).split("*")
  if (!path.startsWith(first)) return false
  const last = anchored ? rest.pop() : undefined
  if (anchored && last === undefined) return path === first
  let at = first.length
  for (const part of rest) {
    const found = path.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return last === undefined || (path.length - last.length >= at && path.endsWith(last))
}

/** Writes each character one way, so that `/ä`, `/%C3%A4` and `/%c3%a4` are the same and `/%61` is `/a`. */
const normalize = (path: string): string =>
  normalized(path.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed())))
