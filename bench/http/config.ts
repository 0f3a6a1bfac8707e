import { Actor, System, Thread } from "heddle"
import { Web } from "./Web.ts"

export default System.make({
  module: import.meta.url,
  threads: { web: Thread.make({ actors: [Actor.lazy(Web, () => import("./WebLayer.ts"))] }) }
})
