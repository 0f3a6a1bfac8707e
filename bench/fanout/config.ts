import * as Effect from "effect/Effect"
import { Actor, System, Thread } from "heddle"
import { blades, Fan } from "./Fan.ts"

export default System.make({
  module: import.meta.url,
  startup: "parallel",
  threads: Object.fromEntries([
    ...blades.map((blade, index) => {
      const layer = blade.toLayer({ Echo: (message) => Effect.succeed(message) })
      const thread = Thread.make({ actors: [Actor.lazy(blade, () => Promise.resolve({ default: layer }))] })
      return [`blade-${index}`, thread] as const
    }),
    ["fan", Thread.make({ actors: [Actor.lazy(Fan, () => import("./FanLayer.ts"))] })] as const
  ])
})
