/** What does a thread that is a process cost, compared with one that is not? */
import { fileURLToPath } from "node:url"
import { build, type Command, runToEnd } from "./bundle/built.ts"
import { eachMegabytes, printed } from "./processes/each.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds, spread } from "./statistics.ts"

const program: Command = [process.execPath, fileURLToPath(new URL("./processes/program.ts", import.meta.url))]
const memory = new URL("./processes/memory.ts", import.meta.url)
const kinds = ["thread", "process"] as const
type Kind = (typeof kinds)[number]

const fields = ["micros", "asks", "mebibytes", "restartMillis"] as const
type Field = (typeof fields)[number]

const measure = (kind: Kind) => async (): Promise<Readonly<Record<Field, number>>> => {
  const found = Object(printed((await runToEnd([...program, kind])).text))
  const of = (field: Field) => Number(Reflect.get(found, field))
  return { micros: of("micros"), asks: of("asks"), mebibytes: of("mebibytes"), restartMillis: of("restartMillis") }
}

export default async (): Promise<Answer> => {
  const built = build(memory)
  try {
    const speeds = await inRounds(Math.min(rounds, 3), new Map(kinds.map((kind) => [kind, measure(kind)])))
    const forms: ReadonlyArray<readonly [string, Command]> = [
      ["from sources", [process.execPath, fileURLToPath(memory)]],
      ["bundled", built.folder]
    ]
    const megabytes = await inRounds(
      Math.min(rounds, 2),
      new Map(
        forms.flatMap(([form, command]) =>
          kinds.map((kind) => [`${form} ${kind}`, eachMegabytes(command, kind)] as const)
        )
      )
    )
    const of = (kind: Kind, field: Field) => (speeds.get(kind) ?? []).map((found) => found[field])
    const each = (form: string, kind: Kind) => megabytes.get(`${form} ${kind}`) ?? []
    const more = each("from sources", "process").map((value, round) =>
      value - (each("from sources", "thread")[round] ?? Number.NaN)
    )
    return {
      measured: {
        "process lone ask / thread": ratios(of("process", "micros"), of("thread", "micros")),
        "process asks / thread": ratios(of("process", "asks"), of("thread", "asks")),
        "process MiB / thread": ratios(of("process", "mebibytes"), of("thread", "mebibytes")),
        "process restart": spread(of("process", "restartMillis")),
        "process memory more": spread(more)
      },
      tables: [{
        title: "A thread that is a process",
        notes: "Main asks; medians. Memory is what each of five more takes, without the pages of files.",
        columns: ["", "lone ask, µs", "1000 in flight, 1/s", "1 MiB, 1/s", "restart, ms", "MB", "MB bundled"],
        rows: kinds.map((kind) => [
          kind,
          ...fields.map((field) => median(of(kind, field))),
          median(each("from sources", kind)),
          median(each("bundled", kind))
        ])
      }]
    }
  } finally {
    built.remove()
  }
}
