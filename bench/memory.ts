/** Does memory stay flat when a million tells go to an actor that is slower than its sender? */
import { start } from "./contestant.ts"
import type { Answer } from "./report.ts"
import { single } from "./statistics.ts"

const count = 1_000_000

const measure = async (module: string, senders: number) => {
  const contestant = await start(new URL(module, import.meta.url))
  const result = await contestant.measure("flood", count, senders)
  await contestant.close()
  return result
}

const growth = ([before = 0, most = 0]: ReadonlyArray<number>) => most - before

export default async (): Promise<Answer> => {
  const one = await measure("./memory/heddle.ts", 1)
  const hundred = await measure("./memory/heddle.ts", 100)
  const raw = await measure("./memory/raw.ts", 1)
  const rows = [["heddle, 1 sender", one], ["heddle, 100 senders", hundred], ["raw `postMessage`", raw]] as const
  return {
    measured: { "memory growth": single(Math.max(growth(one), growth(hundred))) },
    tables: [{
      title: "A million tells to a slow actor",
      columns: ["", "MB before", "most", "after", "growth, MB", "deepest mailbox seen", "s"],
      rows: rows.map(([name, values]) => {
        const [before = 0, most = 0, after = 0, deepest = 0, millis = 0] = values
        return [name, before, most, after, growth(values), deepest === 0 ? "—" : String(deepest), millis / 1000]
      })
    }]
  }
}
