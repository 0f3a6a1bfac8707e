// What each worker of a pool needs is set up once, by the actor's layer, and closed at its end: a connection, a model, a
// dictionary. After 1000 tasks a worker is replaced by a fresh one, which sets up its own. Expected output:
//   a dictionary is opened
//   a dictionary is opened
//   un deux trois
//   a dictionary is closed
//   a dictionary is closed
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, Pool, System, Thread } from "heddle"

class Words extends Actor.Service<Words>()("Words", [
  Rpc.make("Translate", { payload: { word: Schema.String }, success: Schema.String })
]) {}

const dictionary = Effect.acquireRelease(
  Effect.sync(() => {
    console.log("a dictionary is opened")
    return new Map([["one", "un"], ["two", "deux"], ["three", "trois"]])
  }),
  () => Effect.sync(() => console.log("a dictionary is closed"))
)

const words = Words.toLayer(Effect.gen(function*() {
  const open = yield* dictionary
  return Words.of({ Translate: ({ word }) => Effect.succeed(open.get(word) ?? `${word}?`) })
}))

const program = Effect.gen(function*() {
  const { Translate } = yield* Words
  const inputs = ["one", "two", "three"].map((word) => ({ word }))
  console.log((yield* Stream.runCollect(Pool.map(Translate, inputs))).join(" "))
})

System.run(import.meta, {
  threads: {
    words: Thread.make({
      actors: [Actor.lazy(Words, async () => ({ default: words }))],
      instances: 2,
      recycle: { after: 1000 }
    })
  },
  layer: async () => ({ default: Logger.layer([]) })
}, program)
