/** A slow site of pages that link to each other; some never answer. All of it follows from a seed. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createServer } from "node:http"

/**
 * **Details**
 * - `pages`: in all. Page `n` links to the pages `8n + 1` to `8n + 8`, and to some others.
 * - `fastestMillis`, `slowestMillis`: each page takes a time of its own between them.
 * - `silent`: part of the pages that take the request and never answer; the first 9 always do.
 */
export interface Options {
  readonly pages: number
  readonly fastestMillis: number
  readonly slowestMillis: number
  readonly silent: number
  readonly seed: number
}

export interface Site {
  readonly host: string
  /** How long page `n` takes; undefined for never. */
  readonly latency: (n: number) => number | undefined
  /** How often each page was asked for, and how often its answer was sent to the end. */
  readonly asked: ReadonlyArray<number>
  readonly answered: ReadonlyArray<number>
  /** Requests in work at the same time, at most. */
  readonly most: () => number
}

/** One number from 0 to 1 for each `n`. Source: splitmix32. */
const chance = (seed: number, n: number): number => {
  let z = (seed + Math.imul(n + 1, 0x9e3779b9)) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return ((z ^ (z >>> 15)) >>> 0) / 4_294_967_296
}

export const links = (n: number, pages: number): ReadonlyArray<number> => {
  const children = Array.from({ length: 8 }, (_, i) => 8 * n + 1 + i)
  return [...children, (n * 7 + 3) % pages, (n * 31 + 11) % pages, 0].filter((to) => to < pages)
}

const filler = "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>".repeat(200)

export const start = (options: Options): Effect.Effect<Site, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { fastestMillis, pages, seed, silent, slowestMillis } = options
    const latency = (n: number) =>
      n > 8 && chance(seed, n) < silent
        ? undefined
        : fastestMillis + chance(seed + 1, n) * (slowestMillis - fastestMillis)
    const asked = Array.from({ length: pages }, () => 0)
    const answered = Array.from({ length: pages }, () => 0)
    let now = 0
    let most = 0
    const server = createServer((request, response) => {
      const n = Number(request.url?.slice(1) || 0)
      if (!Number.isInteger(n) || n >= pages) return void response.writeHead(404).end()
      asked[n] = (asked[n] ?? 0) + 1
      most = Math.max(most, ++now)
      const wait = latency(n)
      const timer = wait === undefined ? undefined : setTimeout(() => {
        response.setHeader("content-type", "text/html; charset=utf-8")
        response.end(
          `<title>Page ${n}</title>${
            links(n, pages).map((to) => `<a href="/${to === 0 ? "" : to}">${to}</a>`)
          }${filler}`
        )
      }, wait)
      response.on("finish", () => {
        answered[n] = (answered[n] ?? 0) + 1
      })
      response.on("close", () => {
        now--
        clearTimeout(timer)
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { host: `127.0.0.1:${port}`, latency, asked, answered, most: () => most }
  })
