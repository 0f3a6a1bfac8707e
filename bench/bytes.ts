/** What does a large buffer cost, copied or transferred, beside raw `postMessage`? */
import { start } from "./contestant.ts"
import { type Answer, show, times, where } from "./report.ts"
import { inRounds, mean, median, rounds } from "./statistics.ts"

const size = 2 ** 20
/** So many that warm code and awake processors are the rule. */
const counts = { move: 500, copy: 50 } as const
/** Services live long: both run as warm as V8 makes them. */
const warming = 50_000
/**
 * Whether the allocator has pages at hand or must ask the kernel for them is luck that a process keeps, and changes a copy by a
 * factor of two: hence new processes in each round, and many turns in each.
 */
const turns = 8

export default async (): Promise<Answer> => {
  const all = new Map<string, Array<number>>()
  let onOne = true
  for (let round = 0; round < rounds; round++) {
    const raw = await start(new URL("./link/contestants/rawBytes.ts", import.meta.url), { inThread: true })
    const heddle = await start(new URL("./link/contestants/heddle.ts", import.meta.url))
    for (const contestant of [raw, heddle]) {
      onOne = contestant.onOneProcessor(true) && onOne
      for (const how of ["move", "copy"]) await contestant.measure(how, warming, 16)
    }
    const turn = (contestant: typeof raw, how: keyof typeof counts) => async () =>
      median(await contestant.measure(how, counts[how], size))
    const results = await inRounds(
      turns,
      new Map([
        ["raw, transferred", turn(raw, "move")],
        ["heddle, transferred", turn(heddle, "move")],
        ["raw, copied", turn(raw, "copy")],
        ["heddle, copied", turn(heddle, "copy")]
      ])
    )
    for (const [name, micros] of results) all.set(name, [...all.get(name) ?? [], ...micros])
    await Promise.all([raw.close(), heddle.close()])
  }
  const micros = (name: string) => all.get(name) ?? []
  const rateOf = (how: string) => mean(micros(`raw, ${how}`)) / mean(micros(`heddle, ${how}`))
  const moved = rateOf("transferred")
  const copied = rateOf("copied")
  return {
    targets: [{
      id: "P4",
      what: "1 MiB `Uint8Array` transferred; copied",
      target: "≥ 0.9 × raw each",
      measured: `${times(moved)}; ${times(copied)}`,
      met: moved >= 0.9 && copied >= 0.9,
      how:
        `thread to thread, ${where(onOne)}, there and back, one after the other, ${
          rounds * turns
        } turns of ${counts.move} and ${counts.copy} in ${rounds} processes; transferred as ` +
        "`Transferable.Uint8Array`, copied as `Schema.Uint8Array`; the rate beside raw's, by the means of the turns' medians"
    }],
    tables: [{
      title: "1 MiB there and back",
      notes: "The mean of the turns' medians, the quickest turn, and the slowest.",
      columns: ["", "µs", "quickest", "slowest", "GB/s"],
      rows: Array.from(all, ([name, values]) => [
        name,
        show(mean(values)),
        show(Math.min(...values)),
        show(Math.max(...values)),
        show(2 * size / mean(values) / 1000)
      ])
    }]
  }
}
