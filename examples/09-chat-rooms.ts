// A chat server over WebSocket: one small actor for each room. A bug in one room ends that room only. Expected output:
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

const room = Effect.fnUntraced(function*(name: string) {
  const said = yield* PubSub.unbounded<string>()
  let count = 0
  const listen = Effect.map(PubSub.subscribe(said), Stream.fromSubscription)
  return Room.of({
    Say: ({ text }) => {
      if (text === "<script>") throw new Error(`what is "${text}"?`) // the bug
      return Effect.asVoid(PubSub.publish(said, `#${++count} ${text}`))
    },
    Listen: () => Stream.unwrap(Effect.map(listen, (lines) => Stream.concat(Stream.make(`welcome to ${name}`), lines)))
  })
})
const rooms = Room.toLayer(room, { idle: "10 minutes", capacity: 10_000, restart: { backoff: { min: "10 millis" } } })

const program = Effect.gen(function*() {
  const rooms = yield* Room
  const chat = Effect.gen(function*() {
    const { name = "" } = yield* HttpRouter.params
    const socket = yield* (yield* HttpServerRequest).upgrade
    const [{ write }, { pull }, room] = [yield* socket.writer, yield* socket.reader, rooms.of(name)]
    yield* Effect.forkScoped(Effect.retry(Stream.runForEach(room.Listen(), write), { times: 100 }))
    while (true) for (const text of yield* pull) yield* Effect.ignore(room.Say({ text: String(text) }))
  }).pipe(Effect.scoped, Effect.ignore, Effect.as(HttpServerResponse.empty()))
  yield* Layer.build(HttpRouter.serve(HttpRouter.add("GET", "/rooms/:name", chat)))
  const { address } = yield* HttpServer.HttpServer
  yield* Effect.promise(() => visit(`ws://127.0.0.1:${"port" in address ? address.port : 0}/rooms`))
}).pipe(Effect.scoped, Effect.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))

const visit = async (url: string) => {
  const enter = async (room: string, who: string) => {
    const socket = new WebSocket(`${url}/${room}`)
    socket.addEventListener("message", ({ data }) => console.log(`${who}: ${data}`))
    await once(socket, "message")
    return socket
  }
  const say = (text: string, speaker: WebSocket, ...others: ReadonlyArray<WebSocket>) => {
    speaker.send(text)
    return Promise.all([speaker, ...others].map((hearer) => once(hearer, "message")))
  }
  const [ada, bob, cyd] = [await enter("lobby", "Ada"), await enter("lobby", "Bob"), await enter("garden", "Cyd")]
  await say("hello", ada, bob)
  await say("roses", cyd)
  await say("<script>", ada, bob) // the room crashes, and is built again because both listen again
  await say("tulips", cyd)
  for (const socket of [ada, bob, cyd]) socket.close()
}

const threads = { rooms: Thread.make({ actors: [Actor.lazy(Room, async () => ({ default: rooms }))] }) }
System.run(import.meta, { threads, layer: async () => ({ default: Logger.layer([]) }) }, program)
