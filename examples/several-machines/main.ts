import * as Config from "effect/Config"
import { Actor, Cluster, Storage, System, Thread } from "heddle"
import { Bot, Room } from "./actors.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    rooms: Thread.make({ actors: [Actor.lazy(Room, () => import("./RoomLayer.ts"))], instances: 2 }),
    bot: Thread.make({ actors: [Actor.lazy(Bot, () => import("./BotLayer.ts"))] })
  },
  storage: Storage.postgres({ url: Config.Redacted("DATABASE_URL") }),
  cluster: Cluster.make({
    address: Config.String("HEDDLE_ADDRESS"),
    key: Config.Redacted("HEDDLE_CLUSTER_KEY"),
    spread: [Room],
    once: ["bot"]
  })
})
