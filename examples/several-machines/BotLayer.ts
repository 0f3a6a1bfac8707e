import * as Effect from "effect/Effect"
import { Bot, Room } from "./actors.ts"

export default Bot.toLayer(Effect.gen(function*() {
  const rooms = yield* Room
  console.log("the bot runs here")
  let tours = 0
  const visit = (room: string, tour: string) =>
    Effect.isSuccess(rooms.of(room).Say({ id: `${tour} ${room}`, text: "the bot was here" }, { discard: true }))
  return Bot.of({
    Tour: ({ rooms: count }) => {
      const tour = `${Date.now()} ${++tours}`
      const names = Array.from({ length: count }, (_, index) => `room${index + 1}`)
      return Effect.map(
        Effect.forEach(names, (room) => visit(room, tour), { concurrency: 8 }),
        (visits) => `the bot was in ${visits.filter((isDone) => isDone).length} rooms`
      )
    }
  })
}))
