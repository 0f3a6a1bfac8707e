import * as Effect from "effect/Effect"
import { Actor } from "heddle"
import { Room } from "./actors.ts"

export default Room.toLayer((name) =>
  Effect.gen(function*() {
    console.log(`${name} opens here`)
    yield* Effect.addFinalizer(() => Effect.sync(() => console.log(`${name} closes here`)))
    const lines = new Map<string, string>()
    return Room.of({
      // A line whose machine ended while it was said comes again, with the same id.
      Say: ({ text }) => Effect.map(Actor.Message, ({ id }) => void lines.set(id, text)),
      Read: () => Effect.sync(() => [...lines.values()])
    })
  }), { idle: "1 hour" })
