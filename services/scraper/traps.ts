/**
 * Recognises endless rows of pages that say nothing new, such as those of a calendar: each leads to the next one, and all
 * read the same but for their dates. Pure but for what it counts.
 *
 * ```text
 *   print   what a page says, without dates, small numbers and its own address: equal for all months of a calendar
 *   shape   an address without its numbers: equal for all months of a calendar, and for all products of a shop
 *   run     how many pages in a row that say nothing new led to an address: 0 for products, which a list leads to
 * ```
 *
 * A shop's thousand products have one shape, and each says something new. A calendar's pages don't, and lead nowhere but to
 * each other: after some tens of them, no more are followed. Where the address is not made of dates or codes, it takes some
 * hundreds, in long rows: thousands of pages may read the same, and be wanted.
 */
import { hash } from "node:crypto"
import type { Page } from "./Scraper.ts"

/**
 * Pages of one shape that may say nothing new, before others like them are left that so many such pages in a row led to:
 * for addresses that are made of dates, or of codes and repetitions; and for all others, of which there may be thousands.
 */
const limits = { suspect: { stale: 20, run: 1 }, plain: { stale: 200, run: 12 } } as const
const suspectMark = "!"

/** What is known of a settled page. `parent`: the shape of the page that led to it, "" for none. */
export interface Settled {
  readonly shape: string
  readonly parent: string
  readonly isNew: boolean
}

export interface Traps {
  readonly settled: (page: Settled) => void
  /** The run of what a page leads to. */
  readonly runAfter: (before: number, page: Settled) => number
  /** Whether an address is a part of an endless row. */
  readonly isTrap: (run: number, shape: string) => boolean
}

interface Count {
  pages: number
  stale: number
  /** Pages that said something new and that pages of this shape led to. */
  fruits: number
}

/** Counts from what is known of a crawl so far. */
export const make = (known: Iterable<Settled & { readonly count: number }> = []): Traps => {
  const counts = new Map<string, Count>()
  const of = (shape: string): Count => {
    const count = counts.get(shape) ?? { pages: 0, stale: 0, fruits: 0 }
    counts.set(shape, count)
    return count
  }
  const add = ({ isNew, parent, shape }: Settled, times: number): void => {
    of(shape).pages += times
    if (!isNew) of(shape).stale += times
    // A row's own pages are no fruit of it.
    else if (parent !== shape) of(parent).fruits += times
  }
  for (const page of known) add(page, page.count)
  return {
    settled: (page) => add(page, 1),
    runAfter: (before, { isNew, shape }) => {
      const { fruits, pages } = of(shape)
      // A gallery's pages say nothing, and lead to pictures that do.
      return isNew || (pages > 0 && fruits >= pages / 2) ? 0 : before + 1
    },
    isTrap: (run, shape) => {
      const limit = shape.startsWith(suspectMark) ? limits.suspect : limits.plain
      return run >= limit.run && (counts.get(shape)?.stale ?? 0) >= limit.stale
    }
  }
}

const languages = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "sv", "tr", "cs", "ja", "zh", "ko", "ar"]

/** Names of months and days of the week, long and short, as they are written in dates. */
const calendarWords = (): ReadonlySet<string> => {
  const words = new Set(["am", "pm", "bce", "ad"])
  for (const language of languages) {
    for (const style of ["long", "short"] as const) {
      const month = new Intl.DateTimeFormat(language, { month: style, timeZone: "UTC" })
      const dated = new Intl.DateTimeFormat(language, { month: style, day: "numeric", timeZone: "UTC" })
      const weekday = new Intl.DateTimeFormat(language, { weekday: style, timeZone: "UTC" })
      for (let n = 0; n < 12; n++) {
        const at = Date.UTC(2024, n, n + 1)
        for (const text of [month.format(at), dated.format(at), weekday.format(at)]) {
          for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) words.add(word)
        }
      }
    }
  }
  // Two letters of a day of the week, as calendars head their columns.
  for (const word of "mo tu we th fr sa su di mi do so".split(" ")) words.add(word)
  return words
}

let calendar: ReadonlySet<string> | undefined

/** Numbers that dates and times are made of. */
const isOfDate = (number: string): boolean => {
  const value = Number(number)
  return value < 60 || (number.length === 4 && value >= 1970 && value < 2200)
}

/** Names of parameters, and parts of paths, that a date or a moment follows. */
const datedName =
  /^(date|day|week|month|year|from|to|start|end|since|until|time|ts|t|d|m|y|cal|calendar|kalender|agenda|events?)$/

/** Whether an address is made of a date: a year and more, a month's name, a date or moment by its name or by its length. */
const isDated = (url: URL): boolean => {
  const known = calendar ??= calendarWords()
  const address = decodeURIComponentSafe(`${url.pathname}${url.search}`).toLowerCase()
  const words = [...address.matchAll(/[a-z]+|\d+/g)].map(([word]) => word)
  const numbers = words.filter((word) => /^\d/.test(word))
  if (numbers.length === 0) return false
  const isYear = (word: string) => /^(19|20|21)\d\d$/.test(word)
  return (numbers.some(isYear) && numbers.length > 1) ||
    numbers.some((word) => /^(19|20|21)\d{6}$|^1\d{9}(\d{3})?$/.test(word)) ||
    words.some((word, n) => datedName.test(word) && /^\d/.test(words[n + 1] ?? "")) ||
    words.some((word) => word.length > 2 && known.has(word))
}

/** Whether an address is made of codes, such as those of sessions, or repeats a part again and again. */
const isOdd = (url: URL): boolean => {
  const parts = url.pathname.split("/").filter((part) => part !== "")
  const most = Math.max(0, ...Array.from(Map.groupBy(parts, (part) => part).values(), ({ length }) => length))
  return most > 3 || [...url.searchParams.values()].some((value) => /^(?=.*\d)(?=.*[a-z])[\w-]{12,}$/i.test(value))
}

const decodeURIComponentSafe = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Returns what a page says: one text for pages that read the same but for dates and their own address. */
export const printOf = (page: Pick<Page, "title" | "text" | "finalUrl">): string => {
  const known = calendar ??= calendarWords()
  const url = URL.parse(page.finalUrl)
  const dated = url !== null && isDated(url)
  const own = new Set(page.finalUrl.match(/\d+/g))
  const words: Array<string> = []
  for (const [word] of `${page.title} ${page.text}`.toLowerCase().matchAll(/\p{L}+|\p{N}+/gu)) {
    if (own.has(word)) continue
    // Of a date that may be 20310517 as well.
    if (dated && (known.has(word) || (/^\d/.test(word) && (isOfDate(word) || /^(19|20|21)\d{6}$/.test(word))))) continue
    words.push(word)
  }
  return hash("sha256", words.join(" "), "base64url").slice(0, 22)
}

/** Returns what a page's items say, undefined if it has none that are whole. */
export const printOfItems = (items: Page["items"]): string | undefined => {
  const whole = (items ?? []).filter((item) => Object.values(item).every((value) => value !== null && value !== ""))
  return whole.length === 0 ? undefined : hash("sha256", JSON.stringify(whole), "base64url").slice(0, 22)
}

/**
 * Returns the shape of an address: host, path and names of parameters, without numbers, dates and codes, and parts that are
 * repeated once only.
 */
export const shapeOf = (url: URL): string => {
  const known = calendar ??= calendarWords()
  const parts = url.pathname.toLowerCase().split("/").map((part) =>
    part.replace(/%[0-9a-f]{2}/g, "x").replace(/[a-z]+/g, (word) => known.has(word) ? "0" : word)
      .replace(/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g, "0").replace(/\d+(?:[-_.:]\d+)*/g, "0")
  )
  const names = new Set(
    url.search.slice(1).split("&").map((pair) => pair.split("=", 1).join("").replace(/\d+/g, "0"))
  )
  const shape = `${url.host}${[...new Set(parts)].join("/")}?${[...names].toSorted().join("&")}`
  return (isDated(url) || isOdd(url) ? suspectMark : "") + hash("sha256", shape, "base64url").slice(0, 16)
}
