/**
 * Lets ten keys of an actor each handle one ask, with nine behind it; one of them handles what brings death. Prints a line of JSON for
 * each way to die.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Actor, System, Thread } from "heddle"
import { hundred, incarnationOf, patience, summary } from "./asks.ts"
import { behavior } from "./behavior.ts"
import { type How, ofKeys, Room } from "./Victim.ts"

const keys = Array.from({ length: 9 }, (_, index) => `room ${index}`)

const death = Effect.fnUntraced(function*(how: How) {
  const rooms = yield* Room
  const fatal = rooms.of(how)
  yield* Effect.forEach(keys, (key) => rooms.of(key).Quick(undefined, patience))
  const before = yield* incarnationOf("rooms")
  const running = yield* Effect.forEach(keys, (key) => hundred(rooms.of(key).Work(undefined, patience), 1))
  const dies = yield* hundred(fatal.Die({ how }, patience), 1)
  const behind = yield* hundred(fatal.Quick(undefined, patience), 9)
  const others = yield* Effect.forEach(keys, (key) => hundred(rooms.of(key).Quick(undefined, patience), 9))
  const all = (asks: typeof behind) => Effect.map(Effect.forEach(asks, Fiber.join), summary)
  return [
    how,
    yield* all(dies),
    yield* all(behind),
    yield* all(running.flat()),
    yield* all(others.flat()),
    String((yield* incarnationOf("rooms")) - before)
  ]
})

System.run(
  import.meta,
  {
    threads: {
      rooms: Thread.make({
        actors: [Actor.lazy(Room, () => Promise.resolve({ default: Room.toLayer(() => behavior) }))],
        resourceLimits: { maxOldGenerationSizeMb: 64 },
        restart: { backoff: { max: "100 millis" }, limit: { failures: 100 } }
      })
    }
  },
  Effect.forEach(ofKeys, (how) => Effect.map(death(how), (row) => console.log(JSON.stringify(row))))
)
