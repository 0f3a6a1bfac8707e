/** What does `heddle build` save: of a thread's start and memory, and of a small program's time? */
import { build, type Command, runToEnd } from "./bundle/built.ts"
import { eachMegabytes } from "./processes/each.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds, spread } from "./statistics.ts"

const threads = new URL("./bundle/threads.ts", import.meta.url)
const hello = new URL("../examples/01-hello.ts", import.meta.url)

const memory = new URL("./processes/memory.ts", import.meta.url)

const numbersIn = (value: unknown): ReadonlyArray<number> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "number") : []

/** A process of threads, which prints how long each of them took until it was ready, in milliseconds. */
const ofThread = (command: Command) => async (): Promise<number> =>
  median(numbersIn(JSON.parse((await runToEnd(command)).text)))

/** From exec to exit. */
const ofProgram = (command: Command) => async (): Promise<number> => {
  const { millis, text } = await runToEnd(command)
  if (!text.includes("Hello, Bob!")) throw new Error(`the program printed ${text}`)
  return millis
}

const forms = ["from sources", "bundled, a folder", "bundled, one file"] as const

const commandsOf = (source: URL, built: ReturnType<typeof build>): ReadonlyArray<Command> => [
  [process.execPath, source.pathname],
  built.folder,
  built.file
]

export default async (): Promise<Answer> => {
  const built = { threads: build(threads), hello: build(hello), memory: build(memory) }
  try {
    const turns = new Map([
      ...commandsOf(threads, built.threads).map((command, index) => [`thread ${index}`, ofThread(command)] as const),
      ...commandsOf(hello, built.hello).map((command, index) => [`hello ${index}`, ofProgram(command)] as const)
    ])
    const results = await inRounds(Math.max(rounds, 5), turns)
    const megabytes = await inRounds(
      Math.min(rounds, 3),
      new Map(
        commandsOf(memory, built.memory).map((command, index) =>
          [`memory ${index}`, eachMegabytes(command, "thread")] as const
        )
      )
    )
    const of = (name: string) => results.get(name) ?? megabytes.get(name) ?? []
    return {
      measured: {
        "bundled thread / sources": ratios(of("thread 1"), of("thread 0")),
        "bundled thread memory": spread(of("memory 1")),
        "hello as one file": spread(of("hello 2"))
      },
      tables: [{
        title: "A bundle",
        notes:
          "Medians. A thread has one small actor; its time is until it is ready, its memory what each of five more takes at rest. " +
          "The program is README's, from exec to exit.",
        columns: ["", "thread, ms", "thread, MB", "hello, ms"],
        rows: forms.map((form, index) => [
          form,
          median(of(`thread ${index}`)),
          median(of(`memory ${index}`)),
          median(of(`hello ${index}`))
        ])
      }]
    }
  } finally {
    built.threads.remove()
    built.hello.remove()
    built.memory.remove()
  }
}
