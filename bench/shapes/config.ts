/**
 * One thread with an actor for each message that `BENCH_CARRIED` names, separated by commas, and one thread with the actor
 * that sends them.
 */
import { Actor, System, Thread } from "heddle"
import { carrier, carrierLayer } from "./Carriers.ts"
import { kinds } from "./kinds.ts"
import { Sender } from "./Sender.ts"
import { type Carried, shapes } from "./shapes.ts"

const all: Readonly<Record<string, Carried>> = {
  ...Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [`field-${name}`, kind])),
  ...shapes
}

/** What is carried, in the order of the names. */
export const carriers = (process.env["BENCH_CARRIED"] ?? "small").split(",").flatMap((name) => {
  const carried = all[name]
  return carried === undefined ? [] : [{ ...carried, actor: carrier(name, carried.schema) }]
})

export default System.make({
  module: import.meta.url,
  threads: {
    carriers: Thread.make({
      actors: carriers.map(({ actor }) => {
        const layer = carrierLayer(actor)
        return Actor.lazy(actor, () => Promise.resolve({ default: layer }))
      })
    }),
    sender: Thread.make({ actors: [Actor.lazy(Sender, () => import("./SenderLayer.ts"))] })
  }
})
