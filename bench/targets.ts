/** The project's targets for speed, as data, and the verdicts on what a run measured. */
import type { Spread } from "./statistics.ts"

/**
 * One number that a target sets.
 *
 * **Details**
 * - `key`: the name under which a question reports what it measured.
 * - `by`: `"cpu"` is a ratio of processor times, `"ratio"` one of rates or durations in interleaved rounds, `"amount"` an
 *   amount of memory or processor time. All three hold on a noisy machine if their spread is small. `"time"` is a
 *   duration by the clock; noise only lengthens it.
 */
export interface Bound {
  readonly key: string
  readonly text: string
  readonly limit: { readonly atLeast: number } | { readonly atMost: number }
  readonly unit: "×" | "ms" | "µs" | "MB" | "bytes" | "%"
  readonly by: "ratio" | "cpu" | "amount" | "time"
}

export interface Target {
  readonly id: string
  readonly what: string
  readonly how: string
  readonly bounds: ReadonlyArray<Bound>
  /** The profile that shows where the time goes if the target is not met. */
  readonly profile?: "asks" | "lone" | "tells" | "stream" | "http" | "fanout" | "pool" | "pool-bytes" | "keyed-tells"
}

/** Makes the rules of one kind of ratio: at least a number of times as much, or at most. */
const compared =
  (by: "ratio" | "cpu", limit: (times: number) => Bound["limit"]) =>
  (key: string, text: string, times: number): Bound => ({ key, text, limit: limit(times), unit: "×", by })

const rate = compared("ratio", (atLeast) => ({ atLeast }))
const duration = compared("ratio", (atMost) => ({ atMost }))
const cpu = compared("cpu", (atMost) => ({ atMost }))

export const targets: ReadonlyArray<Target> = [
  {
    id: "P1",
    what: "a lone ask",
    how: "thread to thread, both on one processor, one ask after the other; raw is the bare echo",
    bounds: [duration("lone ask / raw echo", "p50 compared with raw's", 1.25)],
    profile: "lone"
  },
  {
    id: "P2",
    what: "asks, 1000 in flight",
    how:
      "thread to thread; raw with promises: a map of those that wait, and an id on each message. The small message " +
      "travels in an envelope with the id, the number as `{ id, n }`",
    bounds: [
      rate("small asks / raw", "small message, rate compared with raw's", 2),
      rate("small asks / piscina", "small message, rate compared with piscina's", 4),
      cpu("small ask CPU / raw", "small message, CPU compared with raw's", 0.35),
      cpu("small ask CPU / piscina", "small message, CPU compared with piscina's", 0.25),
      rate("number asks / raw", "one `Schema.Number`, rate compared with raw's", 1.5),
      cpu("number ask CPU / raw", "one `Schema.Number`, CPU compared with raw's", 0.45)
    ],
    profile: "asks"
  },
  {
    id: "P3",
    what: "tells, all handled",
    how:
      "thread to thread, one sender, the small message; a mailbox of 1000 accepts each tell before the next is sent, " +
      "timed until all are handled; raw posts them in one loop without back-pressure",
    bounds: [
      rate("tells / raw", "rate compared with raw's", 1.5),
      cpu("tell CPU / raw", "CPU compared with raw's", 0.55)
    ],
    profile: "tells"
  },
  {
    id: "P4",
    what: "1 MiB `Uint8Array`, there and back",
    how: "thread to thread, both on one processor, one after the other, several processes; transferred as " +
      "`Transferable.Uint8Array`, copied as `Schema.Uint8Array`; by the means of the turns' medians",
    bounds: [
      rate("bytes transferred / raw", "transferred, rate compared with raw's", 0.9),
      rate("bytes copied / raw", "copied, rate compared with raw's", 0.9)
    ]
  },
  {
    id: "P5",
    what: "elements of a stream",
    how: "thread to thread, elements are the small message, read to the end; compared with raw's one-way messages",
    bounds: [rate("elements / raw", "rate compared with raw's", 5)],
    profile: "stream"
  },
  {
    id: "P6",
    what: "an ask within one thread",
    how: "actor to actor, one after the other; compared with forking and joining the same handler",
    bounds: [rate("local ask / fork", "rate compared with fork and join", 0.8)]
  },
  {
    id: "P7",
    what: "a thread with one small actor, ready",
    how:
      "threads started one after the other in a new process, the first one not counted; growth of RSS by thread; all " +
      "modules from their sources; compared with a bare thread that imports the same modules",
    bounds: [
      duration("ready / bare", "time compared with the bare thread's", 1.2),
      {
        key: "ready memory",
        text: "memory more than the bare thread's",
        limit: { atMost: 5 },
        unit: "MB",
        by: "amount"
      }
    ]
  },
  {
    id: "P8",
    what: "crash to first answer of the next incarnation",
    how:
      "asked from main: from the ask whose handler calls `process.exit` to the answer of the next ask; no back-off; the " +
      "standby thread is loaded and at rest",
    bounds: [
      { key: "crash - ready", text: "longer than a thread's start", limit: { atMost: 10 }, unit: "ms", by: "time" },
      { key: "crash, standby", text: "with a standby thread", limit: { atMost: 15 }, unit: "ms", by: "time" }
    ]
  },
  {
    id: "P9",
    what: "20 idle threads, watchdog on",
    how:
      "`process.cpuUsage` of the whole process, the median of nine windows of 5 s from a minute after the start on (in the first one it is 1 to 2 %), one actor a thread, all defaults",
    bounds: [{ key: "idle", text: "part of a core", limit: { atMost: 0.2 }, unit: "%", by: "amount" }]
  },
  {
    id: "P10",
    what: "delay of main's event loop while two threads exchange messages",
    how:
      "`monitorEventLoopDelay` with a resolution of 1 ms, which is subtracted; 1000 asks in flight between two threads",
    bounds: [{ key: "main delay", text: "p99", limit: { atMost: 1 }, unit: "ms", by: "time" }]
  },
  {
    id: "P11",
    what: "the web server while the bot's thread spins",
    how:
      "the shipped services; `GET /livez`, 300 a second at a steady rate, timed from when each was due, from another " +
      "process on loopback",
    bounds: [duration("blocked p99", "p99 compared with p99 before", 1.2)]
  },
  {
    id: "P12",
    what: "HTTP in an actor",
    how:
      "`HttpRouter` with one JSON route; 16 connections, kept alive, each with one request at a time, from another " +
      "process on loopback; compared with the same Effect app alone on main",
    bounds: [
      rate("http, 2 actors", "2 actors in the system, rate compared with the app alone", 1),
      rate("http, 300 actors", "300 actors in the system, rate compared with the app alone", 1)
    ],
    profile: "http"
  },
  {
    id: "P13",
    what: "memory under 10⁶ tells to a slow actor",
    how:
      "growth of the process's RSS after 200,000 tells to warm up, young garbage included; mailbox of 1000, `suspend`; " +
      "both threads have 64 MB of old heap at most; the actor sleeps 2 ms at every 1000th",
    bounds: [{ key: "memory growth", text: "growth at most", limit: { atMost: 50 }, unit: "MB", by: "amount" }]
  },
  {
    id: "P14",
    what: "asks to 2, 4 and 8 threads in turn",
    how: "the small message, 1000 in flight altogether; the worst of the three",
    bounds: [
      cpu("fan-out CPU, main", "from main, CPU compared with asks to one thread", 1.5),
      cpu("fan-out CPU, actor", "from an actor, CPU compared with asks to one thread", 1.5)
    ],
    profile: "fanout"
  },
  {
    id: "P15",
    what: "main to actor",
    how: "the small message, 1000 asks in flight; compared with actor to actor",
    bounds: [
      cpu("main ask CPU / actor", "asks, CPU compared with an actor's", 1.1),
      cpu("main tell CPU / actor", "tells, CPU compared with an actor's", 1.1),
      cpu("main element CPU / actor", "elements, CPU compared with an actor's", 1.1)
    ],
    profile: "asks"
  },
  {
    id: "P16",
    what: "a pool of two threads",
    how:
      "main maps 32,768 trivial tasks, 64 that compute for some 10 ms each, and 1000 with 100 KB, by `Pool.map`, unordered; " +
      "piscina and tinypool each with the setting that suits these tasks best; the ideal is two bare threads that get half of " +
      "the tasks each in one message; memory is the growth of RSS while a generator of a million inputs is mapped",
    bounds: [
      rate("pool tasks / piscina", "trivial tasks, rate compared with piscina's", 3),
      rate("pool tasks / tinypool", "trivial tasks, rate compared with tinypool's", 5),
      cpu("pool task CPU / piscina", "trivial tasks, CPU compared with piscina's", 0.3),
      cpu("pool task CPU / tinypool", "trivial tasks, CPU compared with tinypool's", 0.3),
      duration("pool computing / ideal", "tasks that compute, time compared with the ideal", 1.1),
      rate("pool bytes / piscina", "tasks with 100 KB, rate compared with piscina's", 1.5),
      rate("pool bytes / tinypool", "tasks with 100 KB, rate compared with tinypool's", 1.5),
      { key: "pool memory", text: "memory over a million inputs", limit: { atMost: 50 }, unit: "MB", by: "amount" }
    ],
    profile: "pool-bytes"
  },
  {
    id: "P17",
    what: "what `heddle build` has made",
    how:
      "a small thread, from a folder of chunks, its memory at rest; README's program as one file, from exec to exit; the shipped services " +
      "with a bot on another Discord (bot, web, scraper) as one file, RSS of the process two seconds after all are ready",
    bounds: [
      duration("bundled thread / sources", "a thread's start, compared with sources", 0.35),
      { key: "bundled thread memory", text: "a thread", limit: { atMost: 18 }, unit: "MB", by: "amount" },
      { key: "hello as one file", text: "README's program", limit: { atMost: 400 }, unit: "ms", by: "time" },
      duration("services bundled / sources", "the services' memory, compared with sources", 0.6),
      {
        key: "services, 512 MB",
        text: "the services with the settings for 512 MB",
        limit: { atMost: 180 },
        unit: "MB",
        by: "amount"
      }
    ]
  },
  {
    id: "P18",
    what: "keyed actors",
    how:
      "100,000 keys on one thread, opened by `wake` from main; 10,000 that are idle, compared with the same system without them; " +
      "10,000 that close, by the longest turn of their thread's loop; the small message from an actor to 100 keys in turn, each " +
      "by a client made for the message, compared with the same to a plain actor",
    bounds: [
      { key: "key bytes", text: "heap of a key", limit: { atMost: 2048 }, unit: "bytes", by: "amount" },
      { key: "key micros", text: "to open a key, CPU", limit: { atMost: 100 }, unit: "µs", by: "amount" },
      { key: "idle keys", text: "10,000 idle keys, of a core", limit: { atMost: 0.1 }, unit: "%", by: "amount" },
      {
        key: "passivation turn",
        text: "longest turn while 10,000 close, CPU",
        limit: { atMost: 5 },
        unit: "ms",
        by: "amount"
      },
      cpu("ask to a key / plain", "asks, CPU compared with a plain actor's", 1.3),
      cpu("tell to a key / plain", "tells, CPU compared with a plain actor's", 1.3)
    ],
    profile: "keyed-tells"
  },
  {
    id: "P20",
    what: "a thread that is a process, compared with one that is not",
    how:
      "main asks; the small message; bytes go there and back; a death by `process.exit` with a standby process, without a back-off, until " +
      "the next answer; memory of each of five more, without the pages of files, which processes share",
    bounds: [
      duration("process lone ask / thread", "a lone ask, p50", 2.5),
      rate("process asks / thread", "1000 in flight, rate", 0.6),
      rate("process MiB / thread", "1 MiB, rate", 0.5),
      { key: "process restart", text: "restart with standby", limit: { atMost: 80 }, unit: "ms", by: "time" },
      {
        key: "process memory more",
        text: "memory more than a thread's",
        limit: { atMost: 12 },
        unit: "MB",
        by: "amount"
      }
    ]
  }
]

export type Verdict = "met" | "not met" | "unclear"

/** Whether a value is within its limit. */
const enough = (limit: Bound["limit"], value: number): boolean =>
  "atLeast" in limit ? value >= limit.atLeast : value <= limit.atMost

/**
 * Judges what was measured.
 *
 * **Details**
 * - On a quiet machine the median counts. On a noisy one a bound is met or not met only if both quartiles agree with the
 *   median; otherwise, and after a single round, the verdict is `"unclear"`. A duration by the clock that is too long on a noisy machine is unclear.
 */
export const judge = ({ by, limit }: Bound, { high, low, value }: Spread, noisy: boolean): Verdict => {
  const met = enough(limit, value)
  if (!noisy) return met ? "met" : "not met"
  if (by === "time" && !met) return "unclear"
  if ((by === "ratio" || by === "cpu") && low === high) return "unclear"
  if (enough(limit, low) !== met || enough(limit, high) !== met) return "unclear"
  return met ? "met" : "not met"
}
