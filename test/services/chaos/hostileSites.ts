/** Sites that wish the scraper ill, each on a port of its own, because robots.txt belongs to a host. */
import * as Effect from "effect/Effect"
import * as Zlib from "node:zlib"
import { type Handler, page, site } from "../../scraper/site.ts"

const send = (type: string, body: string | Uint8Array, encoding = "identity"): Handler => (_, response) => {
  response.writeHead(200, { "content-type": type, "content-encoding": encoding })
  response.end(body)
}
const noRobots: Handler = (_, response) => void response.writeHead(404).end()

/** A site whose pages are all made by one handler, after its robots.txt. */
const hostile = (handler: Handler, robots: Handler = noRobots) =>
  site((request, response) => (request.url === "/robots.txt" ? robots : handler)(request, response))

const rules = (rule: (n: number) => string) =>
  send("text/plain", `User-agent: *\n${Array.from({ length: 28_000 }, (_, n) => rule(n)).join("\n")}`)

/** Writes a byte now and then until the client has had enough. */
const trickle = (head: string, everyMillis: number): Handler => (_, response) => {
  response.writeHead(200, { "content-type": "text/html" })
  response.write(head)
  const timer = setInterval(() => response.write("x"), everyMillis)
  response.on("close", () => clearInterval(timer))
}

/** Writes as fast as it is read, for ever. */
const flood: Handler = (_, response) => {
  response.writeHead(200, { "content-type": "text/html" })
  const piece = "<p>a <a href=x>".repeat(1000)
  const more = () => {
    while (!response.destroyed && response.write(piece));
  }
  response.on("drain", more)
  more()
}

const kinds: Readonly<Record<string, readonly [handler: Handler, robots?: Handler]>> = {
  "robots bomb": [
    (_, response) => void response.writeHead(302, { location: `/${"x".repeat(8000)}` }).end(),
    rules(() => "Disallow: /*xxxxz")
  ],
  "robots bomb of different rules": [
    (_, response) => void response.writeHead(302, { location: `/${"x".repeat(7000)}` }).end(),
    rules((n) => `Disallow: /*xx${n.toString(36)}z`)
  ],
  "long redirect": [(_, response) => void response.writeHead(302, { location: `/${"x".repeat(14_000)}` }).end()],
  "redirect loop": [(request, response) => void response.writeHead(302, { location: `${request.url}x` }).end()],
  "refresh loop": [
    (request, response) => page(`<meta http-equiv=refresh content="0;url=${request.url}x">`)(request, response)
  ],
  "silence": [() => {}],
  "trickle": [trickle("<title>slow</title>", 200)],
  "slow robots": [page("never"), trickle("User-agent: *\n", 200)],
  "flood": [flood],
  "gzip bomb": [send("text/html", Zlib.gzipSync(Buffer.alloc(100_000_000)), "gzip")],
  "deep page": [send("text/html", Zlib.gzipSync("<b>".repeat(1_000_000) + "</i>".repeat(1_000_000)), "gzip")],
  "many links": [send("text/html", Array.from({ length: 50_000 }, (_, n) => `<a href=/${n}>`).join(""))],
  "sitemap": [send("text/xml", Array.from({ length: 20_000 }, (_, n) => `<loc>/${n}</loc>`).join(""))],
  "cookies": [(request, response) =>
    void response.writeHead(302, {
      "location": `${request.url}x`,
      "set-cookie": Array.from({ length: 300 }, (_, n) => `c${n}=${"x".repeat(30)}`)
    }).end()],
  "damaged": [send("text/html", Zlib.gzipSync("x".repeat(9999)).fill(0xff, 15), "gzip")],
  "no HTTP": [(request) => void request.socket.end("nonsense\r\n\r\n")],
  "hang up": [(request) => void request.socket.destroy()]
}

/** Opens all of them, until the scope ends: their names and addresses. */
export const hostileSites = Effect.forEach(
  Object.entries(kinds),
  ([kind, [handler, robots]]) => Effect.map(hostile(handler, robots), ({ url }) => ({ kind, url: url("/") }))
)
