import { Actor, System, Thread } from "heddle"
import { Brief, Driver, Plain, Room, Watcher } from "./Room.ts"

export default System.make({
  module: import.meta.url,
  startup: "parallel",
  threads: {
    rooms: Thread.make({
      actors: [
        Actor.lazy(Plain, () => import("./PlainLayer.ts")),
        Actor.lazy(Room, () => import("./RoomLayer.ts")),
        Actor.lazy(Brief, () => import("./BriefLayer.ts")),
        Actor.lazy(Watcher, () => import("./WatcherLayer.ts"))
      ]
    }),
    driver: Thread.make({ actors: [Actor.lazy(Driver, () => import("./DriverLayer.ts"))] })
  }
})
