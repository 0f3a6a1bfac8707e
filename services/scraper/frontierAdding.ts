/** How addresses come into a frontier: to be fetched, or to be counted. */
import type { Books, Sql } from "./frontierBooks.ts"
import type { Address } from "./frontierEntry.ts"
import { isReason } from "./frontierTables.ts"
import type { SkipReason } from "./Scraper.ts"

/** The ways into a frontier. */
export interface Adding {
  /** Adds addresses that were not seen before, in this order, ten times as many as the crawl may fetch. */
  readonly add: (addresses: Iterable<Address>, depth: number) => void
  /** Counts addresses that are not to be fetched, each once. */
  readonly leave: (addresses: Iterable<Address>, depth: number, reason: SkipReason) => void
}

export const hostOf = (url: string): string => URL.parse(url)?.host ?? ""

/** Adds to the crawl `id`, which keeps `mostPlaces` addresses at most. */
export const addingTo = (
  id: string,
  mostPlaces: number,
  sql: Sql,
  { count, counts, hosts, transaction }: Books
): Adding => {
  const queue = ({ key, kind = "page", parent = "", run = 0, url }: Address, depth: number): void => {
    if (counts.places >= mostPlaces) {
      if (sql.isKnown.get(id, key) === undefined) counts.lost++
      return
    }
    const place = counts.places + 1
    const host = hostOf(url)
    if (Number(sql.insert.run(id, key, url, depth, place, kind, run, parent, host).changes) === 0) {
      const revived = sql.revive.get(id, key, url, depth, place, kind, run, parent, host)
      if (revived === undefined) return void sql.shorten.run(id, key, run, parent)
      counts.left--
      if (isReason(revived["reason"])) count(revived["reason"], -1)
    }
    hosts.add(host)
    counts.places++
    counts.waiting++
  }
  const leaveOut = ({ key, url }: Address, depth: number, reason: SkipReason): void => {
    if (counts.left >= mostPlaces) {
      if (sql.isKnown.get(id, key) === undefined) counts.lost++
    } else if (Number(sql.leave.run(id, key, url, depth, reason).changes) > 0) {
      counts.left++
      count(reason, 1)
    }
  }
  return {
    add: (addresses, depth) =>
      transaction(() => {
        for (const address of addresses) queue(address, depth)
      }),
    leave: (addresses, depth, reason) =>
      transaction(() => {
        for (const address of addresses) leaveOut(address, depth, reason)
      })
  }
}
