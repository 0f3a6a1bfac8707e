/** The machines of a cluster, each a process of its own, for a test, and the Postgres that they share. */
import { afterAll, afterEach, beforeAll, beforeEach } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as postgres from "./postgres.ts"

const folder = new URL("../fixtures/cluster/", import.meta.url)
const clock = new URL("clock.ts", folder).href

/** What a machine has answered. */
export interface Answer {
  readonly value?: unknown
  readonly minusZero?: boolean
  readonly error?: {
    readonly tag: unknown
    readonly message: string
    readonly reason: unknown
    readonly handled: unknown
  }
}

/** A line of the journal. */
export interface Line {
  readonly machine: string
  readonly what: string
  readonly at: number
  readonly key?: string
  readonly id?: string
  readonly redelivered?: boolean
  readonly pid?: number
  readonly fence?: number
  readonly clock?: number
}

/** A port of loopback that nobody has. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => typeof address === "object" && address !== null ? resolve(address.port) : reject(address))
    })
  })

/** What a machine runs, and where. */
export interface Kind {
  /** A command that runs another one, in a network of its own for example. */
  readonly inside?: ReadonlyArray<string>
  /** It runs the next version of the system. */
  readonly next?: boolean
}

/** A running machine. */
export class Machine {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  readonly ended: Promise<number | null>
  complaints = ""
  private readonly waiting = new Map<number, (answer: Answer) => void>()
  private orders = 0

  constructor(env: Readonly<Record<string, string>>, { inside = [], next = false }: Kind = {}) {
    const program = fileURLToPath(new URL(next ? "next/machine.ts" : "machine.ts", folder))
    const [command = process.execPath, ...args] = [...inside, process.execPath, "--import", clock, program]
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe", "ipc"] })
    for (const output of [this.child.stdout, this.child.stderr]) {
      output?.setEncoding("utf8").on("data", (text: string) => {
        this.complaints += text
        if (process.env["HEDDLE_TEST_LOUD"] !== undefined) process.stderr.write(`${env["MACHINE"]}| ${text}`)
      })
    }
    this.ended = new Promise((resolve) => this.child.once("close", (code) => resolve(code)))
    this.ready = new Promise((resolve, reject) => {
      void this.ended.then(() => reject(new Error(this.complaints)))
      this.child.on("message", (message) => {
        const number: unknown = Reflect.get(Object(message), "number")
        if (typeof number !== "number") return resolve()
        this.waiting.get(number)?.(Object(message))
        this.waiting.delete(number)
      })
    })
    this.ready.catch(() => {})
  }

  /** Has the machine do something, and completes with what came of it. */
  order(
    what: string,
    { id = "", key = "", millis = 20_000 }: { readonly id?: string; readonly key?: string; readonly millis?: number } =
      {}
  ): Promise<Answer> {
    const number = ++this.orders
    return new Promise((resolve) => {
      this.waiting.set(number, resolve)
      if (this.child.connected) this.child.send({ number, what, key, id, millis }, () => {})
      void this.ended.then(() => resolve({ error: { tag: "Ended", message: "", reason: "Ended", handled: "maybe" } }))
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Ends it, however it is. */
  async kill(): Promise<void> {
    this.signal("SIGKILL")
    await this.ended
  }
}

/** Makes the machines of a test, which share a database and a journal. */
export const make = (url: string) => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-machines-"))
  const journal = join(folder, "journal")
  const all: Array<Machine> = []
  const lines = (): ReadonlyArray<Line> => {
    const text = readFileSync(journal, "utf8")
    // The last line may be there in part.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1)
    return whole.split("\n").flatMap((line): ReadonlyArray<Line> => line === "" ? [] : [JSON.parse(line)])
  }
  writeFileSync(journal, "")
  const watchers = new Set<() => void>()
  return {
    /** Starts a machine. */
    async start(
      name: string,
      env: Readonly<Record<string, string>> = {},
      kind: Kind = {}
    ): Promise<Machine> {
      const machine = new Machine({
        DATABASE_URL: url,
        HEDDLE_ADDRESS: `127.0.0.1:${await freePort()}`,
        HEDDLE_CLUSTER_KEY: "the key of this test, which is long enough",
        MACHINE: name,
        JOURNAL: journal,
        ...env
      }, kind)
      all.push(machine)
      return machine
    },
    /** What has happened so far. */
    journal: lines,
    /** Completes when what has happened is enough. */
    until: (isEnough: (lines: ReadonlyArray<Line>) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const watcher = watch(journal, () => look())
        const look = (): void => {
          if (!isEnough(lines())) return
          stop()
          resolve()
        }
        const stop = (): void => {
          watcher.close()
          watchers.delete(stop)
        }
        watchers.add(stop)
        look()
      }),
    /** Ends all. */
    async end(): Promise<void> {
      for (const stop of watchers) stop()
      await Promise.all(all.map((machine) => machine.kill()))
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** The keys that tests ask for. */
export const keys: ReadonlyArray<string> = Array.from({ length: 40 }, (_, index) => `k${index}`)

/** The machine that holds each key, by asking a machine for all of them. */
export const placesOf = async (asked: Machine): Promise<ReadonlyMap<string, unknown>> => {
  const answers = await Promise.all(keys.map((key) => asked.order("add", { key, id: `place ${key}` })))
  return new Map(keys.map((key, index) => [key, Reflect.get(Object(answers[index]?.value), "machine")]))
}

/** Completes when so many machines hold keys. */
export const spread = async (asked: Machine, count = 2): Promise<ReadonlyMap<string, unknown>> => {
  for (;;) {
    const places = await placesOf(asked)
    if (new Set(places.values()).size === count) return places
  }
}

/** Has the tests of a `describe` share a database; each has machines of its own, which end with it. */
export const setUp = (bin: string | undefined) => {
  let server: Awaited<ReturnType<typeof postgres.make>> | undefined
  let machines: ReturnType<typeof make> | undefined
  const database = () => {
    if (server === undefined) throw new Error("there is no database")
    return server
  }
  const cluster = () => {
    if (machines === undefined) throw new Error("there are no machines")
    return machines
  }
  beforeAll(async () => {
    server = await postgres.make(bin ?? "")
  })
  beforeEach(() => {
    machines = make(database().url)
  })
  afterEach(() => machines?.end())
  afterAll(() => server?.remove())

  /** Two machines that both hold keys, `a` first. */
  const two = async (env: Readonly<Record<string, string>> = {}) => {
    const a = await cluster().start("a", env)
    await a.ready
    const b = await cluster().start("b", env)
    await b.ready
    await spread(a)
    return { a, b }
  }
  return {
    database,
    cluster,
    two,
    /** Two machines: the one that has the bot, with its name, and the other. */
    twoWithBot: async () => {
      const { a, b } = await two()
      const { value } = await a.order("who")
      return value === "a" ? { holder: a, other: b, name: "a" } : { holder: b, other: a, name: "b" }
    }
  }
}

/** Signs of life of the bot come every 20 ms; after this time it did not live, or its machine stood still. */
const longestPauseMillis = 500

/** For how many milliseconds the bot lived on two machines at a time, at most. */
export const overlapMillis = (lines: ReadonlyArray<Line>): number => {
  const lives: Array<{ readonly machine: string; readonly from: number; to: number }> = []
  const present = new Map<string, (typeof lives)[number]>()
  for (const { at, machine, what } of lines) {
    if (!what.startsWith("bot ")) continue
    const life = present.get(machine)
    if (what !== "bot starts" && life !== undefined && at - life.to < longestPauseMillis) life.to = at
    else {
      const begun = { machine, from: at, to: at }
      present.set(machine, begun)
      lives.push(begun)
    }
  }
  return Math.max(
    0,
    ...lives.flatMap((a) =>
      lives.flatMap((b) => a.machine < b.machine ? [Math.min(a.to, b.to) - Math.max(a.from, b.from)] : [])
    )
  )
}
