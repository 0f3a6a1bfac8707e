import { Actor, System, Thread } from "heddle"
import { Tasks } from "./Tasks.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    tasks: Thread.make({ actors: [Actor.lazy(Tasks, () => import("./TasksLayer.ts"))], instances: 2 })
  }
})
