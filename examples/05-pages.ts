// Gather pages: as many requests at a time as you like, spread over two threads, answers in the order of the list. A page
// that can't be had is a value, and stops nobody. Expected output:
//   / -> 200, 6 words
//   /slow -> 200, 2 words
//   /missing -> 404
//   /broken -> not read: the connection was closed
//   /about -> 200, 4 words
import * as Console from "effect/Console"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, Pool, System, Thread } from "heddle"
import { createServer } from "node:http"

class NotRead extends Schema.TaggedError<NotRead>()("NotRead", { why: Schema.String }) {}

class Pages extends Actor.Service<Pages>()("Pages", [
  Rpc.make("Get", {
    payload: { url: Schema.String },
    success: Schema.Struct({ status: Schema.Int, text: Schema.String }),
    error: NotRead
  })
]) {}

const pages = Pages.toLayer({
  Get: ({ url }) =>
    Effect.tryPromise({
      try: async (signal) => {
        const response = await fetch(url, { signal })
        return { status: response.status, text: await response.text() }
      },
      catch: () => new NotRead({ why: "the connection was closed" })
    })
}, { concurrency: 16 }) // sixteen requests at a time on each thread

/** A site, so that the example needs no network. */
const site = Effect.promise(() =>
  new Promise<string>((resolve) => {
    const texts = new Map([["/", "a page of six short words"], ["/slow", "worth waiting"], [
      "/about",
      "all about this site"
    ]])
    const server = createServer(({ url = "" }, response) => {
      if (url === "/broken") return void response.destroy()
      const text = texts.get(url)
      setTimeout(() => response.writeHead(text === undefined ? 404 : 200).end(text), url === "/slow" ? 200 : 0)
    })
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${Object(server.address()).port}`)).unref()
  })
)

const program = Effect.gen(function*() {
  const origin = yield* site
  const { Get } = yield* Pages
  const get = (path: string, options: { readonly timeout: Duration.Input }) =>
    Get({ url: origin + path }, options).pipe(
      Effect.map(({ status, text }) => status === 200 ? `200, ${text.split(" ").length} words` : `${status}`),
      Effect.catchTag("NotRead", ({ why }) => Effect.succeed(`not read: ${why}`)),
      Effect.map((said) => `${path} -> ${said}`)
    )
  const paths = ["/", "/slow", "/missing", "/broken", "/about"]
  yield* Pool.map(get, paths, { timeout: "10 seconds" }).pipe(Stream.runForEach(Console.log))
})

System.run(import.meta, {
  threads: {
    pages: Thread.make({ actors: [Actor.lazy(Pages, async () => ({ default: pages }))], instances: 2 })
  },
  layer: async () => ({ default: Logger.layer([]) })
}, program)
