/** Messages that machines send all the time, and what may have become of them. */
import { assert } from "@effect/vitest"
import type { Answer, Line, Machine } from "./machines.ts"
import { keys } from "./machines.ts"

/** How many messages of a machine are on their way at a time. */
const atOnce = 4

/** A message that was sent, and how its sender was told that it has ended. */
interface Sent {
  readonly id: string
  readonly what: "note" | "add"
  readonly key: string
  readonly answer: Answer
}

/** Tests share a database, which knows the ids of all of them. */
let begun = 0

/** Begins to send from each machine, a durable tell and an ask in turns, until it is stopped. `everyMillis`: how often, at most. */
export const begin = (machines: Readonly<Record<string, Machine>>, everyMillis = 0) => {
  const run = ++begun
  const sent: Array<Sent> = []
  const state = { isOver: false }
  let count = 0
  const pause = (): Promise<void> | undefined =>
    everyMillis === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, atOnce * everyMillis))
  const send = async (name: string, machine: Machine): Promise<void> => {
    while (!state.isOver) {
      const number = ++count
      const id = `${run}.${name} ${number}`
      const what = number % 2 === 0 ? "note" : "add"
      const key = keys[number % keys.length] ?? ""
      const [answer] = await Promise.all([machine.order(what, { key, id, millis: 10_000 }), pause()])
      sent.push({ id, what, key, answer })
      if (answer.error?.reason === "Ended") return
    }
  }
  const sending: Array<Promise<void>> = []
  const add = (name: string, machine: Machine): void => {
    for (let sender = 0; sender < atOnce; sender++) sending.push(send(name, machine))
  }
  for (const [name, machine] of Object.entries(machines)) add(name, machine)
  return {
    /** Has another machine send as well. */
    add,
    /** How many have been answered. */
    answered: (): number => sent.filter(({ answer }) => answer.error === undefined).length,
    /** Stops to send, and waits for what is on its way. */
    async stop(): Promise<ReadonlyArray<Sent>> {
      state.isOver = true
      await Promise.all(sending)
      return sent
    }
  }
}

/** The runs of each message. */
const runsOf = (lines: ReadonlyArray<Line>): ReadonlyMap<string, ReadonlyArray<Line>> => {
  const runs = new Map<string, Array<Line>>()
  for (const line of lines) {
    if (line.what !== "run" || line.id === undefined) continue
    const known = runs.get(line.id)
    if (known === undefined) runs.set(line.id, [line])
    else known.push(line)
  }
  return runs
}

/** Whether all that was accepted has run. */
export const isDone = (sent: ReadonlyArray<Sent>, lines: ReadonlyArray<Line>): boolean => {
  const runs = runsOf(lines)
  return sent.every(({ answer, id, what }) => what !== "note" || answer.error !== undefined || runs.has(id))
}

/** Checks that nothing is lost, nothing has run twice without saying so, and all errors were true. Returns what there was. */
export const check = (sent: ReadonlyArray<Sent>, lines: ReadonlyArray<Line>) => {
  const runs = runsOf(lines)
  let [accepted, twice, refused, unknown] = [0, 0, 0, 0]
  for (const { answer: { error }, id, what } of sent) {
    const own = runs.get(id) ?? []
    const said = `${id}: ${JSON.stringify(error)}, ${JSON.stringify(own)}`
    if (what === "note") {
      if (error === undefined) accepted++
      if (error === undefined) assert.isAtLeast(own.length, 1, `lost: ${said}`)
      twice += Math.max(0, own.length - 1)
      // A machine that stood still may be late with the first delivery.
      assert.isAtMost(own.filter(({ redelivered }) => redelivered !== true).length, 1, `not announced: ${said}`)
    } else if (error === undefined) assert.strictEqual(own.length, 1, said)
    else assert.isAtMost(own.length, error.handled === "no" ? 0 : 1, said)
    if (error?.handled === "no") refused++
    else if (error !== undefined) unknown++
  }
  return { sent: sent.length, accepted, twice, refused, unknown }
}

/**
 * The runs of a key on a machine after another one has opened it: there must be none, but those of a machine that stood still and goes
 * on.
 */
export const strays = (lines: ReadonlyArray<Line>): ReadonlyArray<Line> => {
  const owners = new Map<string, string>()
  return lines.filter(({ key, machine, what }) => {
    if (key === undefined) return false
    if (what === "open") owners.set(key, machine)
    return what === "run" && owners.get(key) !== machine
  })
}

/** Checks that the token of a key grows when it is opened again, and that of the bot when it lives again. */
export const checkFences = (lines: ReadonlyArray<Line>): void => {
  const last = new Map<string, Line>()
  for (const line of lines) {
    if (line.what !== "open" && line.what !== "bot starts") continue
    const name = line.key ?? "the bot"
    const before = last.get(name)
    last.set(name, line)
    assert.isAbove(line.fence ?? 0, 0, JSON.stringify(line))
    if (before === undefined) continue
    const said = `${JSON.stringify(before)}, then ${JSON.stringify(line)}`
    if (before.machine === line.machine) assert.isAtLeast(line.fence ?? 0, before.fence ?? 0, said)
    else assert.isAbove(line.fence ?? 0, before.fence ?? 0, said)
  }
}
