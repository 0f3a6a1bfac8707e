import * as Effect from "effect/Effect"
import { small } from "../link/drive.ts"
import { Driver, Plain, Room, Watcher } from "./Room.ts"

/** So many asks are in flight. */
const window = 1000

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

const timed = <E, R>(effect: Effect.Effect<unknown, E, R>): Effect.Effect<number, never, R> =>
  Effect.gen(function*() {
    const began = performance.now()
    yield* Effect.orDie(effect)
    return performance.now() - began
  })

export default Driver.toLayer(Effect.gen(function*() {
  const plain = yield* Plain
  const rooms = yield* Room
  const watcher = yield* Watcher
  const names = upTo(10_000).map((index) => `room-${index}`)
  /** The client of whichever is the turn of, as programs get it: made for each message. */
  const client = (id: number, keys: number) => keys === 0 ? plain : rooms.of(names[id % keys] ?? "")
  return Driver.of({
    Asks: ({ count, keys }) => {
      let next = 0
      const asker = Effect.gen(function*() {
        while (next < count) {
          const id = next++
          yield* client(id, keys).Echo(small(id))
        }
      })
      return timed(Effect.forEach(upTo(window), () => asker, { concurrency: "unbounded", discard: true }))
    },
    Tells: ({ count, keys }) =>
      timed(Effect.andThen(
        Effect.forEach(upTo(count), (id) => client(id, keys).Take(small(id), { discard: true }), { discard: true }),
        watcher.Taken({ count }, { timeout: "1 minute" })
      ))
  })
}))
