/**
 * A shop of 2,000 pages on two hosts, as they are: a wall of consent, lists, a sitemap of sitemaps, an endless calendar, session
 * codes in addresses, old addresses that redirect, copies, pages that robots may not see, and one host that is slow.
 */
import * as Effect from "effect/Effect"
import { gzipSync } from "node:zlib"
import { type Handler, page, type Site, site } from "./site.ts"

/** Products: 900 by lists, 900 by sitemaps alone, 100 on the slow host. */
export const products = { listed: 900, mapped: 900, slow: 100 } as const
const perList = 20

export interface BigSite {
  readonly seeds: ReadonlyArray<string>
  readonly hosts: ReadonlyArray<{ readonly host: string }>
  /** The names of all products. */
  readonly expected: ReadonlyArray<string>
  /** How often each address was asked for, but for robots.txt and the wall. */
  readonly asked: ReadonlyMap<string, number>
  readonly total: () => number
  /** How long each host worked on requests, all of them added up, in milliseconds. */
  readonly workedMillis: () => ReadonlyArray<number>
}

const product = (name: string, n: number) =>
  page(
    `<title>${name}</title><article class=product><h2>${name}</h2><span class=price>£${n}.50</span>` +
      `<a href="/product/${n}?sid=s${
        (n * 7919).toString(16)
      }abcdef12">link</a></article><a href=/ rel=nofollow>home</a>`
  )

/** Adds up how long requests take from their arrival to their answer. */
const measured = (handler: Handler) => {
  const worked = { millis: 0 }
  const measuring: Handler = (request, response) => {
    const began = performance.now()
    response.once("close", () => void (worked.millis += performance.now() - began))
    handler(request, response)
  }
  return { worked, handler: measuring }
}

/** Opens it, until the scope ends. Each answer takes `millis`, those of the slow host `slowMillis`. */
export const bigSite = Effect.fnUntraced(function*(millis: number, slowMillis: number) {
  const asked = new Map<string, number>()
  const count = (url: string) => asked.set(url, (asked.get(url) ?? 0) + 1)
  const slowly = measured((request, response) => {
    const url = request.url ?? ""
    if (url === "/robots.txt") return void response.writeHead(404).end()
    count(`slow ${url}`)
    const n = Number(/^\/slow\/(\d+)$/.exec(url)?.[1] ?? -1)
    setTimeout(() => {
      if (n >= 0) return product(`Slow ${n}`, n)(request, response)
      page(Array.from({ length: products.slow }, (_, n) => `<a href=/slow/${n}>${n}</a>`).join(" "))(request, response)
    }, slowMillis)
  })
  const slow = yield* site(slowly.handler)
  const quickly = measured((request, response) => {
    const url = request.url ?? ""
    if (url === "/robots.txt") {
      return void response.end(`User-agent: *\nDisallow: /private\nSitemap: ${local.url("/maps.xml")}\n`)
    }
    const consent = /^\/consent\?to=(.*)$/.exec(url)?.[1]
    if (consent !== undefined) {
      return void response.writeHead(303, {
        "location": decodeURIComponent(consent),
        "set-cookie": "consent=yes; Path=/; HttpOnly"
      }).end()
    }
    if (!(request.headers.cookie ?? "").includes("consent=yes")) {
      return void response.writeHead(302, { location: `/consent?to=${encodeURIComponent(url)}` }).end()
    }
    count(url)
    setTimeout(() => answer(local, url)(request, response), millis)
  })
  const local: Site = yield* site(quickly.handler)
  return {
    seeds: [local.url("/"), slow.url("/")],
    hosts: [local, slow],
    expected: [
      ...Array.from({ length: products.listed + products.mapped }, (_, n) => `Product ${n}`),
      ...Array.from({ length: products.slow }, (_, n) => `Slow ${n}`)
    ],
    asked,
    workedMillis: () => [quickly.worked.millis, slowly.worked.millis],
    total: () => [...asked.values()].reduce((sum, times) => sum + times, 0)
  }
})

const send = (body: string | Buffer, type: string): Handler => (_, response) => {
  response.setHeader("content-type", type)
  response.end(body)
}

const answer = (local: Site, url: string): Handler => {
  const at = new URL(url, "http://a.example")
  const [, kind = "", number = ""] = /^\/([a-z]*)\/?([\w-]*)/.exec(at.pathname) ?? []
  const n = Number(number)
  switch (kind) {
    case "":
      return page(
        "<a href=/list/0>all</a> <a href=/calendar/2026/11>events</a> <a href=/private/x>no</a> <a href=/copy>copy</a>"
      )
    case "list":
      return list(n)
    case "product":
      return product(`Product ${n}`, n)
    case "old":
      return (_, response) => void response.writeHead(301, { location: `/product/${n}` }).end()
    case "copy":
      return page("<link rel=canonical href=/>copy <a href=/copy?utm_source=x>again</a>")
    case "maps":
      return send(
        `<sitemapindex>${[0, 1, 2].map((n) => `<sitemap><loc>${local.url(`/map/${n}`)}</loc></sitemap>`).join("")}` +
          "</sitemapindex>",
        "text/xml"
      )
    case "map":
      return send(gzipSync(map(local, n)), "application/gzip")
    case "calendar":
      return month(...at.pathname.split("/").slice(2).map(Number))
    default:
      return (_, response) => void response.writeHead(404).end()
  }
}

const map = (local: Site, n: number): string => {
  const first = products.listed + n * (products.mapped / 3)
  return `<urlset>${
    Array.from({ length: products.mapped / 3 }, (_, k) => `<url><loc>${local.url(`/product/${first + k}`)}</loc></url>`)
      .join("")
  }</urlset>`
}

const list = (n: number): Handler => {
  const first = n * perList
  const links = Array.from({ length: perList }, (_, k) =>
    // Some by their old addresses, some with codes of campaigns.
    k % 10 === 3
      ? `<a href=/old/${first + k}>${first + k}</a>`
      : `<a href="/product/${first + k}${k % 5 === 1 ? "?utm_campaign=a" : ""}">${first + k}</a>`)
  const next = first + perList < products.listed ? `<a href=/list/${n + 1} rel=next>next</a>` : ""
  return page(`<h1>Page ${n + 1}</h1>${links.join(" ")} ${next}`)
}

const month = (year = 2026, month = 1, day?: number): Handler => {
  const title = new Intl.DateTimeFormat("en", { year: "numeric", month: "long", timeZone: "UTC" }).format(
    Date.UTC(year, month - 1, day ?? 1)
  )
  const at = (months: number): string => {
    const date = new Date(Date.UTC(year, month - 1 + months, 1))
    return `/calendar/${date.getUTCFullYear()}/${date.getUTCMonth() + 1}`
  }
  const days = Array.from({ length: 28 }, (_, n) => `<a href=/calendar/${year}/${month}/${n + 1}>${n + 1}</a>`).join(
    " "
  )
  return page(`<h1>${day ?? ""} ${title}</h1> no events <a href=${at(-1)}>‹</a> <a href=${at(1)}>›</a> ${days}`)
}
