// A chat server over WebSocket: one small actor for each room, which opens with its first visitor, keeps its own state, and closes
// when nobody has been there for a while. A bug in one room ends that room only. Expected output:
//   Ada: welcome to lobby
//   Bob: welcome to lobby
//   Cyd: welcome to garden
//   Ada: #1 hello
//   Bob: #1 hello
//   Cyd: #1 roses
//   Ada: welcome to lobby
//   Bob: welcome to lobby
//   Cyd: #2 tulips
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as PubSub from "effect/PubSub"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, System, Thread } from "heddle"
import { once } from "node:events"
import { createServer } from "node:http"

class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, [
  Rpc.make("Say", { payload: { text: Schema.String } }),
  Rpc.make("Listen", { success: Schema.String, stream: true })
]) {}

class Web extends Actor.Service<Web>()("Web", [Rpc.make("Port", { success: Schema.Int })]) {}

const rooms = Room.toLayer((name) =>
  Effect.gen(function*() {
    const said = yield* PubSub.unbounded<string>()
    let count = 0
    return Room.of({
      Say: ({ text }) => {
        if (text === "<script>") throw new Error(`what is "${text}"?`) // the bug
        return Effect.asVoid(PubSub.publish(said, `#${++count} ${text}`))
      },
      Listen: () =>
        Stream.unwrap(Effect.map(PubSub.subscribe(said), (lines) =>
          Stream.concat(Stream.make(`welcome to ${name}`), Stream.fromSubscription(lines))))
    })
  }), { idle: "10 minutes", capacity: 10_000, restart: { backoff: { min: "10 millis" } } })

const web = Web.toLayer(Effect.gen(function*() {
  const rooms = yield* Room
  const chat = Effect.gen(function*() {
    const { name = "" } = yield* HttpRouter.params
    const socket = yield* (yield* HttpServerRequest).upgrade
    const { write } = yield* socket.writer
    const { pull } = yield* socket.reader
    const room = rooms.of(name)
    // A room that has crashed is built again when somebody listens.
    yield* Effect.forkScoped(Effect.retry(Stream.runForEach(room.Listen(), write), { times: 100 }))
    while (true) for (const text of yield* pull) yield* Effect.ignore(room.Say({ text: String(text) }))
  }).pipe(Effect.scoped, Effect.ignore, Effect.as(HttpServerResponse.empty()))
  const served = yield* Layer.build(
    HttpRouter.serve(HttpRouter.add("GET", "/rooms/:name", chat)).pipe(
      Layer.provideMerge(
        NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1", gracefulShutdownTimeout: "100 millis" })
      )
    )
  )
  const { address } = yield* Effect.provide(HttpServer.HttpServer, served)
  return Web.of({ Port: () => Effect.succeed("port" in address ? address.port : 0) })
}))

// Three visitors.
const enter = async (url: string, who: string) => {
  const socket = new WebSocket(url)
  socket.addEventListener("message", ({ data }) => console.log(`${who}: ${data}`))
  await once(socket, "message")
  return socket
}
const say = async (speaker: WebSocket, text: string, hearers: ReadonlyArray<WebSocket>) => {
  const heard = hearers.map((hearer) => once(hearer, "message"))
  speaker.send(text)
  await Promise.all(heard)
}
const visit = async (url: string) => {
  const lobby = [await enter(`${url}/lobby`, "Ada"), await enter(`${url}/lobby`, "Bob")] as const
  const cyd = await enter(`${url}/garden`, "Cyd")
  await say(lobby[0], "hello", lobby)
  await say(cyd, "roses", [cyd])
  await say(lobby[0], "<script>", lobby) // both listen to the next build
  await say(cyd, "tulips", [cyd])
}
const program = Effect.gen(function*() {
  const port = yield* (yield* Web).Port()
  yield* Effect.promise(() => visit(`ws://127.0.0.1:${port}/rooms`))
})

System.run(import.meta, {
  threads: {
    rooms: Thread.make({ actors: [Actor.lazy(Room, async () => ({ default: rooms }))] }),
    web: Thread.make({ actors: [Actor.lazy(Web, async () => ({ default: web }))] })
  },
  layer: async () => ({ default: Logger.layer([]) })
}, program)
