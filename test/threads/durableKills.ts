/** Kills a process that sends durable messages, again and again, and says what has become of them. */
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/durable/program.ts", import.meta.url))

/** What the process is given, and what happens when it has accepted half of what it may. */
interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly midway?: () => Promise<void>
}

/** One life of the process: it ends by itself, or is killed when it has accepted so many messages. */
const live = (folder: string, from: number, count: number, killAfter: number, { env, midway }: Options) =>
  new Promise<{ readonly accepted: ReadonlyArray<number>; readonly isDone: boolean; readonly complaint: string }>(
    (resolve) => {
      const child = spawn(process.execPath, [program, `${from}`, `${count}`], {
        env: {
          ...process.env,
          LEDGER_DATABASE: join(folder, "ledger.db"),
          LEDGER_JOURNAL: join(folder, "journal"),
          LEDGER_EFFECTS: join(folder, "effects"),
          ...env
        },
        stdio: ["ignore", "pipe", "pipe"]
      })
      const accepted: Array<number> = []
      const complaints: Array<string> = []
      let isDone = false
      let between: Promise<void> | undefined
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line.startsWith("accepted ")) accepted.push(Number(line.slice("accepted ".length)))
        if (line === "done") isDone = true
        if (accepted.length >= killAfter / 2) between ??= midway?.()
        if (accepted.length >= killAfter) child.kill("SIGKILL")
      })
      createInterface({ input: child.stderr }).on("line", (line) => complaints.push(line))
      child.on("close", () => {
        const life = { accepted, isDone, complaint: complaints.join("\n") }
        void Promise.resolve(between).then(() => resolve(life))
      })
    }
  )

/** A delivery, as the ledger has noted it. */
interface Run {
  readonly id: string
  readonly attempt: number
  readonly redelivered: boolean
}

/** What has become of the messages that were accepted. */
export interface Account {
  readonly accepted: number
  /** Messages that were accepted and have not run. */
  readonly lost: ReadonlyArray<number>
  /** Messages that ran more than once. */
  readonly repeated: number
  /** Later runs of a message that did not say so. */
  readonly unannounced: ReadonlyArray<Run>
  /** Messages whose effect has not happened exactly once, though their handler looks at `redelivered`. */
  readonly inexact: ReadonlyArray<string>
  /** What did not end as it should. */
  readonly complaint: string
}

/** Has a process killed so many times, lets a last one finish, and compares. */
export const killed = async (
  folder: string,
  kills: number,
  killAfter: () => number,
  options: Options = {}
): Promise<Account> => {
  const accepted: Array<number> = []
  let complaint = ""
  let from = 20
  for (let kill = 0; kill < kills; kill++) {
    const after = killAfter()
    const life = await live(folder, from, after + 500, after, options)
    accepted.push(...life.accepted)
    complaint += life.complaint
    // The last ones are sent again, with their ids: whether they were accepted nobody knows.
    from = Math.max(from, ...life.accepted.map((index) => index - 10))
  }
  const last = await live(folder, from, 10, Infinity, { ...options, midway: () => Promise.resolve() })
  accepted.push(...last.accepted)
  complaint += last.isDone ? last.complaint : `the last process did not finish: ${last.complaint}`
  return { ...compare(folder, accepted), complaint }
}

const linesOf = (file: string): ReadonlyArray<string> =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").filter((line) => line !== "") : []

/** Charges whose effect is missing, has happened twice, or is another one. */
const inexactIn = (folder: string, accepted: ReadonlyArray<number>): ReadonlyArray<string> => {
  const effects = linesOf(join(folder, "effects"))
  const counts = Map.groupBy(effects, (line) => line)
  const twice = Array.from(counts).flatMap(([line, all]) => all.length === 1 ? [] : [`${line}, ${all.length} times`])
  const missing = accepted.flatMap((index) =>
    index % 2 === 0 || counts.has(`${index} ${index}`) ? [] : [`${index}, not at all`]
  )
  return [...twice, ...missing]
}

const compare = (folder: string, accepted: ReadonlyArray<number>): Omit<Account, "complaint"> => {
  const lines = linesOf(join(folder, "journal"))
  const ran = new Set<string>()
  const runs = new Map<string, Array<Run>>()
  for (const line of lines) {
    const [what = "", id = "", attempt, redelivered] = line.split(" ")
    const run = { id, attempt: Number(attempt), redelivered: redelivered === "true" }
    ran.add(what)
    runs.set(id, [...runs.get(id) ?? [], run])
  }
  return {
    accepted: accepted.length,
    inexact: inexactIn(folder, accepted),
    lost: accepted.filter((index) => !ran.has(index % 2 === 0 ? `note:${index}` : `charge:${index}`)),
    repeated: Array.from(runs.values()).filter(({ length }) => length > 1).length,
    unannounced: Array.from(runs.values()).flatMap(([, ...later]) => later.filter(({ redelivered }) => !redelivered))
  }
}
