/** Runs a measurement under V8's profiler. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Contestant, start } from "../contestant.ts"
import { type Profile, type Samples, samplesOf } from "./parts.ts"

/** What can be profiled: the messages that are sent, and the threads in the order in which they are started, main first. */
interface Subject {
  readonly what: string
  readonly module: URL
  readonly threads: ReadonlyArray<string>
  /** Sends messages for about so many milliseconds and returns their number. */
  readonly run: (contestant: Contestant, millis: number) => Promise<number>
}

const link = new URL("../link/contestants/heddle.ts", import.meta.url)
const keyed = new URL("../keyed/contestant.ts", import.meta.url)
const keyedThreads = ["main", "keys", "sends"]
const linkThreads = ["main", "answers", "asks"]

/** Sends as many as take that long, by the speed of `perSecond`, which it learns. */
const sending = (name: string, ...args: ReadonlyArray<number>) => sendingFrom(20_000, name, ...args)

const sendingFrom = (first: number, name: string, ...args: ReadonlyArray<number>) => {
  let perSecond = first
  return async (contestant: Contestant, millis: number): Promise<number> => {
    const count = Math.round(perSecond * millis / 1000)
    const began = performance.now()
    await contestant.measure(name, count, ...args)
    perSecond = count / (performance.now() - began) * 1000
    return count
  }
}

/** The same, so many at a time: what all of them together hold would not fit into memory. */
const inTurns =
  (name: string, count: number, ...args: ReadonlyArray<number>) =>
  async (contestant: Contestant, millis: number): Promise<number> => {
    const until = performance.now() + millis
    let sent = 0
    for (; performance.now() < until; sent += count) await contestant.measure(name, count, ...args)
    return sent
  }

/**
 * Lets V8's sampling threads preempt the others, where the system has `chrt` and /proc.
 *
 * **Details**
 * - V8 samples from a thread of its own. On busy processors that one would run whenever another thread enters the kernel,
 *   and find it in a system call each time: `writev` had nine tenths of a request instead of three.
 */
const letSamplersGoFirst = (pid: number): void => {
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const name = readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8").trim()
      if (!name.startsWith("v8:Prof")) execFileSync("chrt", ["--idle", "--pid", "0", task], { stdio: "ignore" })
    }
  } catch {
    console.error("V8's samples are not evenly spread here: the shares of system calls may be too large.")
  }
}

/** Requests of another process. */
const requesting = async (contestant: Contestant, millis: number): Promise<number> => {
  const load = await start(new URL("../http/load.ts", import.meta.url))
  letSamplersGoFirst(load.pid)
  const [port = 0] = await contestant.measure("port")
  const [perSecond = Number.NaN] = await load.measure("full", port, 0, 16, millis)
  await load.close()
  return perSecond * millis / 1000
}

export const subjects = {
  asks: { what: "an ask, 1000 in flight", module: link, threads: linkThreads, run: sending("asks", 1000) },
  lone: { what: "a lone ask", module: link, threads: linkThreads, run: sending("latencies") },
  tells: { what: "a tell", module: link, threads: linkThreads, run: sending("tells") },
  stream: { what: "an element of a stream", module: link, threads: linkThreads, run: sending("stream") },
  http: {
    what: "a request to an HTTP server in an actor",
    module: new URL("../http/actor.ts", import.meta.url),
    threads: ["main", "bystanders", "serves"],
    run: requesting
  },
  fanout: {
    what: "an ask of an actor to four threads in turn, 1000 in flight",
    module: new URL("../fanout/heddle.ts", import.meta.url),
    threads: ["main", ...Array.from({ length: 8 }, () => "answer"), "asks"],
    run: sending("actor", 1000, 4)
  },
  pool: {
    what: "a trivial task of `Pool.map` over two instances",
    module: new URL("../pool/heddle.ts", import.meta.url),
    threads: ["main maps", "instance", "instance"],
    run: sending("trivial")
  },
  "pool-bytes": {
    what: "a task of `Pool.map` with 100 KB, over two instances",
    module: new URL("../pool/heddle.ts", import.meta.url),
    threads: ["main maps", "instance", "instance"],
    run: inTurns("bytes", 1000, 100_000)
  },
  durable: {
    what: "a durable tell of one of 100 senders, on SQLite",
    module: new URL("../durable/heddle.ts", import.meta.url),
    threads: ["main sends", "heddle.storage", "sink"],
    run: sendingFrom(2000, "tells", 100)
  },
  "keyed-asks": { what: "an ask of a key", module: keyed, threads: keyedThreads, run: sending("asks", 100) },
  "keyed-tells": { what: "a tell to a key", module: keyed, threads: keyedThreads, run: sending("tells", 100) }
} satisfies Readonly<Record<string, Subject>>

export type SubjectName = keyof typeof subjects

/**
 * A profile.
 *
 * **Details**
 * - `cpuMicros`: processor time of a message, of the whole process; the samples say how it divides.
 * - `threads`: for each name of a thread, the samples of all threads of that name.
 */
export interface Recording {
  readonly cpuMicros: number
  readonly threads: ReadonlyMap<string, ReadonlyArray<Samples>>
}

/** V8 stamps samples by the clock that Node's `hrtime` reads. */
const now = (): number => Number(process.hrtime.bigint() / 1000n)

const source = new URL(".", import.meta.resolve("heddle")).href

/** `CPU.<date>.<time>.<pid>.<thread>.<number>.cpuprofile` */
const threadOf = (file: string): number => Number(file.split(".")[4])

const read = (folder: string, file: string): Profile => JSON.parse(readFileSync(join(folder, file), "utf8"))

/** Warms a subject and profiles it. */
export const record = async (
  name: SubjectName,
  options: { readonly warmMillis: number; readonly millis: number }
): Promise<Recording> => {
  const subject: Subject = subjects[name]
  const folder = mkdtempSync(join(tmpdir(), "heddle-profile-"))
  try {
    const contestant = await start(subject.module, {
      execArgv: ["--cpu-prof", "--cpu-prof-interval=400", `--cpu-prof-dir=${folder}`],
      env: { BENCH_DATABASE: join(folder, "bench.db") }
    })
    letSamplersGoFirst(contestant.pid)
    const warmUntil = performance.now() + options.warmMillis
    while (performance.now() < warmUntil) await subject.run(contestant, 500)
    const [before, from] = [await contestant.usage(), now()]
    const messages = await subject.run(contestant, options.millis)
    const [after, to] = [await contestant.usage(), now()]
    await contestant.close()
    const threads = new Map<string, Array<Samples>>()
    for (const file of readdirSync(folder).filter((file) => file.endsWith(".cpuprofile"))) {
      const thread = subject.threads[threadOf(file)] ?? "others"
      threads.set(thread, [...threads.get(thread) ?? [], samplesOf(read(folder, file), [{ from, to }], source)])
    }
    return { cpuMicros: (after.cpuMicros - before.cpuMicros) / messages, threads }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
