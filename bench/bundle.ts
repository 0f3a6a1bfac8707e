/** What does `heddle build` save: of a thread's start and memory, and of a small program's time? */
import { build, type Command, runToEnd } from "./bundle/built.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds, spread } from "./statistics.ts"

const threads = new URL("./bundle/threads.ts", import.meta.url)
const hello = new URL("../examples/01-hello.ts", import.meta.url)

interface Round {
  /** Milliseconds until a thread is ready, or from exec to exit of a program. */
  readonly millis: number
  readonly megabytes: number
}

const numbersIn = (value: unknown): ReadonlyArray<number> =>
  Array.isArray(value) ? value.filter((item) => typeof item === "number") : []

/** A process of threads, which prints what one of them costs. */
const ofThread = (command: Command) => async (): Promise<Round> => {
  const printed: unknown = JSON.parse((await runToEnd(command)).text)
  return {
    millis: median(numbersIn(Reflect.get(Object(printed), "millis"))),
    megabytes: Number(Reflect.get(Object(printed), "bytes")) / 2 ** 20
  }
}

const ofProgram = (command: Command) => async (): Promise<Round> => {
  const { millis, text } = await runToEnd(command)
  if (!text.includes("Hello, Bob!")) throw new Error(`the program printed ${text}`)
  return { millis, megabytes: Number.NaN }
}

const forms = ["from sources", "bundled, a folder", "bundled, one file"] as const

const commandsOf = (source: URL, built: ReturnType<typeof build>): ReadonlyArray<Command> => [
  [process.execPath, source.pathname],
  built.folder,
  built.file
]

export default async (): Promise<Answer> => {
  const built = { threads: build(threads), hello: build(hello) }
  try {
    const turns = new Map([
      ...commandsOf(threads, built.threads).map((command, index) => [`thread ${index}`, ofThread(command)] as const),
      ...commandsOf(hello, built.hello).map((command, index) => [`hello ${index}`, ofProgram(command)] as const)
    ])
    const results = await inRounds(Math.max(rounds, 5), turns)
    const of = (name: string, what: keyof Round) => (results.get(name) ?? []).map((round) => round[what])
    return {
      measured: {
        "bundled thread / sources": ratios(of("thread 1", "millis"), of("thread 0", "millis")),
        "bundled thread memory": spread(of("thread 1", "megabytes")),
        "hello as one file": spread(of("hello 2", "millis"))
      },
      tables: [{
        title: "A bundle",
        notes:
          "Medians. A thread has one small actor; its time is until it is ready, its memory the growth of the process's RSS for " +
          "each thread after the first. The program is README's, from exec to exit.",
        columns: ["", "thread, ms", "thread, MB", "hello, ms"],
        rows: forms.map((form, index) => [
          form,
          median(of(`thread ${index}`, "millis")),
          median(of(`thread ${index}`, "megabytes")),
          median(of(`hello ${index}`, "millis"))
        ])
      }]
    }
  } finally {
    built.threads.remove()
    built.hello.remove()
  }
}
