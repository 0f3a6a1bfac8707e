/**
 * Draws what happens in one round. Pure: the same dice draw the same round.
 */
import type { System } from "heddle"
import type { Dice } from "./dice.ts"
import { type Errand, type How, type Name, type ThreadName, threads } from "./Subject.ts"

export type Play =
  & { readonly atMillis: number }
  & (
    | { readonly _tag: "Send"; readonly errands: ReadonlyArray<Errand> }
    | { readonly _tag: "Run"; readonly via: Name; readonly id: string; readonly errands: ReadonlyArray<Errand> }
    | {
      readonly _tag: "Count"
      readonly to: Name
      readonly id: string
      readonly how: How
      readonly count: number
      /** Elements that are read before the reader leaves. */
      readonly take: number
      /** Between two elements, for the reader or for the actor. */
      readonly pauseMillis: number
    }
    | { readonly _tag: "Drill"; readonly thread: ThreadName; readonly how: System.Fault }
    | {
      readonly _tag: "Operate"
      readonly thread: ThreadName
      readonly what: "restart" | "stop"
      readonly forMillis: number
    }
    | { readonly _tag: "Edit"; readonly order: Order }
    /** Sets main's clock. */
    | { readonly _tag: "Jump" }
    | {
      readonly _tag: "Fault"
      readonly thread: ThreadName
      readonly what: "crash" | "hang" | "delay" | "drop"
      readonly amount: number
    }
  )

/** The order in which the edited config module declares the actors of thread pair. */
export type Order = "Solo, Many" | "Many, Solo"

/** Which world the round is played in: real threads can be hurt in more ways, simulated ones in others. */
export type World = "real" | "simulated"

const frail = ["pair", "strict", "loose", "courier"] as const
const fragile: ReadonlyArray<Name> = ["Solo", "Many", "Strict", "Loose", "Courier"]
const some: ReadonlyArray<readonly [number, Name]> = [[1, "Calm"], [3, "Solo"], [3, "Many"], [2, "Strict"], [
  2,
  "Loose"
], [
  2,
  "Courier"
]]

const peaceful: Readonly<Record<World, ReadonlyArray<readonly [number, How]>>> = {
  real: [[10, "answer"], [5, "slow"], [2, "refuse"], [2, "later"], [0.5, "stray"], [0.5, "jump"], [0.3, "spawn"]],
  simulated: [[10, "answer"], [5, "slow"], [2, "refuse"], [2, "later"]]
}
const deadly: Readonly<Record<World, ReadonlyArray<readonly [number, How]>>> = {
  real: [[4, "die"], [3, "throw"], [2, "reject"], [3, "exit"], [1, "spin"], [0.5, "oom"]],
  simulated: [[1, "die"]]
}

/** The plays of one round, in the order of their time. `label` begins every id, so that none occurs twice. */
export const draw = (dice: Dice, world: World, label: string): ReadonlyArray<Play> => {
  let count = 0
  const id = (): string => `${label}.${++count}`
  const spanMillis = dice.between(50, 400)
  const pick = <A>(options: ReadonlyArray<A>, otherwise: A): A =>
    dice.weighted(options.map((option): readonly [number, A] => [1, option]), otherwise)

  const errand = (patienceMillis: number): Errand => {
    const to = dice.weighted<Name>(some, "Solo")
    const how = to !== "Calm" && dice.percent(6)
      ? dice.weighted<How>(deadly[world], "die")
      : dice.weighted<How>(peaceful[world], "answer")
    const mode = dice.percent(50) ? "ask" : "tell"
    const hasty = mode === "ask" && dice.percent(15)
    return {
      id: id(),
      to,
      how,
      millis: dice.between(0, 8),
      mode,
      timeoutMillis: hasty ? dice.between(1, 60) : patienceMillis,
      leaveMillis: mode === "ask" && dice.percent(10) ? dice.between(1, 60) : 0
    }
  }
  /** Many messages to one actor, maybe with a deadly one among the last. */
  const burst = (size: number, patienceMillis: number): ReadonlyArray<Errand> => {
    const to = pick(fragile, "Solo")
    const mode = dice.percent(70) ? "tell" : "ask"
    const how = dice.weighted<How>([[6, "answer"], [1, "slow"], [1, "later"]], "answer")
    const end = dice.percent(60) ? dice.between(size - 3, size) : size
    return dice.times(size, (index) => ({
      id: id(),
      to,
      mode,
      how: index === end ? dice.weighted<How>(deadly[world], "die") : how,
      millis: 1,
      timeoutMillis: patienceMillis,
      leaveMillis: 0
    }))
  }
  const errands = (patienceMillis: number): ReadonlyArray<Errand> =>
    dice.percent(20)
      ? burst(dice.between(20, 300), patienceMillis)
      : dice.times(dice.between(1, 12), () => errand(patienceMillis))

  const one = (): Play => {
    const atMillis = dice.between(0, spanMillis)
    const kind = dice.weighted<Play["_tag"]>(
      [
        [10, "Send"],
        [6, "Run"],
        [3, "Count"],
        ...world === "real"
          ? [[1, "Drill"], [1, "Operate"], [1, "Edit"], [1, "Jump"]] as const
          : [[2, "Fault"], [1, "Operate"]] as const
      ],
      "Send"
    )
    switch (kind) {
      case "Send":
        return { _tag: kind, atMillis, errands: errands(6000) }
      case "Run":
        return {
          _tag: kind,
          atMillis,
          id: id(),
          via: dice.weighted<Name>([[3, "Courier"], ...some], "Courier"),
          errands: errands(1500)
        }
      case "Count": {
        const size = dice.between(1, 300)
        return {
          _tag: kind,
          atMillis,
          id: id(),
          to: dice.weighted<Name>(some, "Solo"),
          how: dice.weighted<How>([[2, "answer"], [1, "slow"], [1, "refuse"]], "answer"),
          count: size,
          take: dice.percent(50) ? size + 1 : dice.between(1, size),
          pauseMillis: dice.percent(30) ? 1 : 0
        }
      }
      case "Drill":
        return {
          _tag: kind,
          atMillis,
          thread: pick(frail, "pair"),
          how: dice.weighted<System.Fault>([[4, "throw"], [4, "exit"], [1, "spin"], [0.5, "oom"]], "throw")
        }
      case "Operate":
        return {
          _tag: kind,
          atMillis,
          thread: pick(frail, "pair"),
          what: dice.percent(50) ? "restart" : "stop",
          forMillis: dice.between(0, 200)
        }
      case "Edit":
        return { _tag: kind, atMillis, order: pick<Order>(["Solo, Many", "Many, Solo"], "Solo, Many") }
      case "Jump":
        return { _tag: kind, atMillis }
      case "Fault": {
        const what = pick(["crash", "hang", "delay", "drop"] as const, "crash")
        return {
          _tag: kind,
          atMillis,
          thread: pick(frail, "pair"),
          what,
          amount: what === "hang" ? dice.between(50, 1000) : dice.between(1, 30)
        }
      }
    }
  }
  return dice.times(dice.between(3, 18), one).sort((a, b) => a.atMillis - b.atMillis)
}

/** The actors of a thread. */
export const actorsOf = (thread: ThreadName): ReadonlyArray<Name> => threads[thread]
