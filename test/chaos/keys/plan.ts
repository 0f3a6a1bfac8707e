/** Draws what happens to the keys in one round. Pure: the same dice draw the same round. */
import type { Dice } from "../dice.ts"
import { type How, keys, type Name, names } from "./Keyed.ts"
import { threads } from "./system.ts"

export interface Errand {
  readonly id: string
  readonly mode: "ask" | "tell"
  readonly how: How
  readonly millis: number
  readonly timeoutMillis: number
}

export type Play =
  & { readonly atMillis: number }
  & (
    | { readonly _tag: "Send"; readonly to: Name; readonly key: string; readonly errands: ReadonlyArray<Errand> }
    | { readonly _tag: "Stop" | "Wake"; readonly to: Name; readonly key: string }
    | { readonly _tag: "Crash" | "Restart"; readonly thread: string }
  )

const hows: ReadonlyArray<readonly [number, How]> = [
  [10, "answer"],
  [5, "slow"],
  [2, "refuse"],
  [1, "hang"],
  [1, "die"],
  [0.1, "fatal"]
]

/** How long a message may wait that is in no hurry. */
export const patienceMillis = 4000

/** The plays of one round, in the order of their time. `label` begins every id, so that none occurs twice. */
export const draw = (dice: Dice, label: string): ReadonlyArray<Play> => {
  let count = 0
  const one = <A>([first, ...others]: readonly [A, ...ReadonlyArray<A>]): A =>
    others[dice.between(-1, others.length - 1)] ?? first
  const spanMillis = dice.between(50, 400)
  const violent = dice.percent(30)

  const errand = (mode: Errand["mode"], isSlow: boolean): Errand => {
    const how = isSlow ? "slow" : dice.weighted(hows, "answer")
    // Only the leaving of its sender ends it, so nobody may tell it.
    const hangs = how === "hang"
    return {
      id: `${label}.${++count}`,
      mode: hangs ? "ask" : mode,
      how,
      millis: dice.between(0, 8),
      timeoutMillis: hangs || (!isSlow && dice.percent(10)) ? dice.between(1, 60) : patienceMillis
    }
  }

  return dice.times(dice.between(8, 40), (): Play => {
    const atMillis = dice.between(0, spanMillis)
    const target = { to: one(names), key: one(keys) }
    const kind = dice.weighted<Play["_tag"]>(
      [[12, "Send"], [2, "Stop"], [2, "Wake"], [violent ? 3 : 0.5, "Crash"], [0.5, "Restart"]],
      "Send"
    )
    switch (kind) {
      case "Send": {
        const size = dice.percent(25) ? dice.between(8, 40) : dice.between(1, 4)
        const mode = dice.percent(50) ? "ask" : "tell"
        // Many that are slow have their sender held back for a while.
        const isSlow = size > 20 && dice.percent(50)
        return { _tag: kind, atMillis, ...target, errands: dice.times(size, () => errand(mode, isSlow)) }
      }
      case "Stop":
      case "Wake":
        return { _tag: kind, atMillis, ...target }
      case "Crash":
      case "Restart":
        return { _tag: kind, atMillis, thread: one(threads) }
    }
  }).sort((a, b) => a.atMillis - b.atMillis)
}
