/** Does memory stay flat when a million tells go to an actor that is slower than its sender? */
import { start } from "./contestant.ts"
import { type Answer, show } from "./report.ts"

const count = 1_000_000

export default async (): Promise<Answer> => {
  const measure = async (module: string, senders: number) => {
    const contestant = await start(new URL(module, import.meta.url))
    const result = await contestant.measure("flood", count, senders)
    await contestant.close()
    return result
  }
  const results = new Map([
    ["heddle, 1 sender", await measure("./memory/heddle.ts", 1)],
    ["heddle, 100 senders", await measure("./memory/heddle.ts", 100)],
    ["raw `postMessage`", await measure("./memory/raw.ts", 1)]
  ])
  const growth = (name: string) => {
    const [before = 0, most = 0] = results.get(name) ?? []
    return most - before
  }
  const worst = Math.max(growth("heddle, 1 sender"), growth("heddle, 100 senders"))
  return {
    targets: [{
      id: "P13",
      what: "memory under 10⁶ tells to a slow actor",
      target: "flat",
      measured: `+${show(worst)} MB at most (raw +${show(growth("raw `postMessage`"))} MB)`,
      met: worst <= 50,
      how:
        "growth of the process's RSS after 200 000 tells to warm up, young garbage included; up to 50 MB count as flat; " +
        "mailbox of 1000, `suspend`; both threads have 64 MB of old heap at most; the actor sleeps 2 ms at every 1000th"
    }],
    tables: [{
      title: "A million tells to a slow actor",
      columns: ["", "MB before", "most", "after", "deepest mailbox seen", "s"],
      rows: Array.from(results, ([name, [before = 0, most = 0, after = 0, deepest = 0, millis = 0]]) => [
        name,
        show(before),
        show(most),
        show(after),
        deepest === 0 ? "—" : String(deepest),
        show(millis / 1000)
      ])
    }]
  }
}
