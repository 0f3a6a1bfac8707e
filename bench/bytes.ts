/** What does a large buffer cost, copied or transferred, beside raw `postMessage`? */
import { start } from "./contestant.ts"
import { type Answer, show, times } from "./report.ts"
import { inRounds, median, ratio, rounds } from "./statistics.ts"

const size = 2 ** 20
/** So many that warm code and awake processors are the rule. */
const counts = { move: 500, copy: 50 } as const
/** Services live long: both run as warm as V8 makes them. */
const warming = 50_000
/** Whether the allocator has pages at hand or must ask the kernel for them changes with luck, by a factor of three: hence many turns. */
const turns = 8

export default async (): Promise<Answer> => {
  const raw = await start(new URL("./link/contestants/rawBytes.ts", import.meta.url), { inThread: true })
  const heddle = await start(new URL("./link/contestants/heddle.ts", import.meta.url))
  for (const contestant of [raw, heddle]) {
    for (const how of ["move", "copy"]) await contestant.measure(how, warming, 16)
  }
  const turn = (contestant: typeof raw, how: keyof typeof counts) => async () =>
    median(await contestant.measure(how, counts[how], size))
  const results = await inRounds(
    rounds * turns,
    new Map([
      ["raw, transferred", turn(raw, "move")],
      ["heddle, transferred", turn(heddle, "move")],
      ["raw, copied", turn(raw, "copy")],
      ["heddle, copied", turn(heddle, "copy")]
    ])
  )
  await Promise.all([raw.close(), heddle.close()])
  const micros = (name: string) => results.get(name) ?? []
  const moved = ratio(micros("raw, transferred"), micros("heddle, transferred"))
  const copied = ratio(micros("raw, copied"), micros("heddle, copied"))
  return {
    targets: [{
      id: "P4",
      what: "1 MiB `Uint8Array` transferred; copied",
      target: "≥ 0.9 × raw each",
      measured: `${times(moved)}; ${times(copied)}`,
      met: moved >= 0.9 && copied >= 0.9,
      how:
        `thread to thread, there and back, one after the other, ${
          rounds * turns
        } turns of ${counts.move} and ${counts.copy}; transferred as ` +
        "`Transferable.Uint8Array`, copied as `Schema.Uint8Array`; the rate beside raw's"
    }],
    tables: [{
      title: "1 MiB there and back",
      columns: ["", "p50, µs", "GB/s"],
      rows: Array.from(results, ([name, values]) => [
        name,
        show(median(values)),
        show(2 * size / median(values) / 1000)
      ])
    }]
  }
}
