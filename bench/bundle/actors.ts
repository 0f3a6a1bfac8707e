/** Small actors, one for each thread. */
import * as Rpc from "effect/rpc/Rpc"
import { Actor } from "heddle"

export interface Small {
  readonly small: true
}

/** How many threads; the first one is not counted. */
export const count = 5

/** The actor of a thread. */
export const small = (index: number) => Actor.Service<Small>()(`Small-${index}`, [Rpc.make("Ping")])

export const all = Array.from({ length: count }, (_, index) => small(index))
