/**
 * Machines of a cluster that are killed, stopped, frozen and cut off, and lose their database, in an order that chance decides, while all of
 * them send messages. In the end what was accepted and what has run is compared.
 */
import { performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import * as hosts from "../../threads/hosts.ts"
import { keys, type Line, type Machine, make, overlapMillis } from "../../threads/machines.ts"
import * as postgres from "../../threads/postgres.ts"
import * as traffic from "../../threads/traffic.ts"
import * as dice from "../dice.ts"

export interface Options {
  readonly seed: number
  readonly millis: number
  readonly machines: number
  /** The folder of Postgres. */
  readonly bin: string
  readonly say: (line: string) => void
}

/** How often each machine sends a message. */
const everyMillis = 10

/** How long a machine that stood still may act as if it held what others have taken over: until it has looked. */
const lookMillis = 1500

/** How long it may take at the end until all messages have run. */
const settleMillis = 90_000

const names = ["a", "b", "c", "d"] as const
type Name = typeof names[number]

/** A machine that was frozen went on at a time. */
interface Thawed {
  readonly machine: string
  readonly at: number
}

/** The clock of the journal. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6

/** A game that runs. */
class Game {
  private readonly options: Options
  private readonly chance: dice.Dice
  private readonly network: hosts.Hosts | undefined
  private readonly server: Awaited<ReturnType<typeof postgres.make>>
  private readonly cluster: ReturnType<typeof make>
  private readonly messages = traffic.begin({}, everyMillis)
  private readonly running = new Map<Name, { readonly machine: Machine; readonly as: string }>()
  private readonly thawed: Array<Thawed> = []
  private readonly tally = new Map<string, number>()
  private starts = 0

  constructor(
    options: Options,
    network: hosts.Hosts | undefined,
    server: Awaited<ReturnType<typeof postgres.make>>
  ) {
    this.options = options
    this.chance = dice.make(options.seed)
    this.network = network
    this.server = server
    this.cluster = make(server.url)
  }

  /** Plays until the time is over. Returns what was wrong. */
  async play(): Promise<string | undefined> {
    try {
      for (const name of this.names()) await this.start(name)
      const until = performance.now() + this.options.millis
      while (performance.now() < until) {
        await sleep(this.chance.between(1000, 4000))
        await this.fault()
      }
      return await this.settle()
    } finally {
      this.network?.heal()
      for (const { machine } of this.running.values()) machine.signal("SIGCONT")
      await this.cluster.end()
    }
  }

  private names(): ReadonlyArray<Name> {
    return names.slice(0, this.options.machines)
  }

  /** Starts a machine, again and again if it can't start: the database may be away. */
  private async start(name: Name): Promise<void> {
    for (;;) {
      const as = `${name}${++this.starts}`
      const inside = this.network?.inside(name)
      const machine = await this.cluster.start(
        as,
        inside === undefined ? {} : { HEDDLE_ADDRESS: `${hosts.addressOf(name)}:7400` },
        inside === undefined ? {} : { inside }
      )
      try {
        await machine.ready
        this.running.set(name, { machine, as })
        this.messages.add(as, machine)
        return
      } catch {
        this.count("starts that failed")
      }
    }
  }

  private count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1)
  }

  private any(): Name {
    return this.names()[this.chance.between(0, this.options.machines - 1)] ?? "a"
  }

  /** Something goes wrong, and is over. */
  private async fault(): Promise<void> {
    const name = this.any()
    const other = this.names().find((one) => one !== name) ?? name
    const playing = this.running.get(name)
    if (playing === undefined) return
    const { as, machine } = playing
    const millis = this.chance.between(500, 8000)
    const faults: Record<string, () => Promise<void>> = {
      "killed": async () => {
        await machine.kill()
        await this.start(name)
      },
      "stopped": async () => {
        machine.signal("SIGTERM")
        await machine.ended
        await this.start(name)
      },
      "frozen": async () => {
        machine.signal("SIGSTOP")
        await sleep(millis)
        this.thawed.push({ machine: as, at: now() })
        machine.signal("SIGCONT")
      },
      "crash of heddle.cluster": async () => void await machine.order("inject", { key: "heddle.cluster" }),
      "crash of heddle.storage": async () => void await machine.order("inject", { key: "heddle.storage" }),
      "crash of counters.1": async () => void await machine.order("inject", { key: "counters.1" }),
      "database killed": async () => {
        await this.server.kill()
        await sleep(millis)
        await this.server.restart()
      },
      "all killed": async () => {
        await Promise.all(Array.from(this.running.values(), (one) => one.machine.kill()))
        await Promise.all(this.names().map((one) => this.start(one)))
      },
      ...this.network === undefined ? {} : {
        "cut from a machine": () => this.without(millis, (network) => network.cut(name, other)),
        "cut from the database": () => this.without(millis, (network) => network.cut(name, "db")),
        "cut in one direction": () => this.without(millis, (network) => network.drop(name, other))
      }
    }
    const all = Object.entries(faults)
    const [what, happen] = all[this.chance.between(0, all.length - 1)] ?? []
    if (what === undefined || happen === undefined) return
    this.count(what)
    this.options.say(`${as}: ${what}`)
    await happen()
  }

  private async without(millis: number, cut: (network: hosts.Hosts) => void): Promise<void> {
    if (this.network === undefined) return
    cut(this.network)
    await sleep(millis)
    this.network.heal()
  }

  /** Waits until all messages have run, and compares. */
  private async settle(): Promise<string | undefined> {
    const sent = await this.messages.stop()
    const due = performance.now() + settleMillis
    let lines = this.cluster.journal()
    while (!traffic.isDone(sent, lines) && performance.now() < due) {
      await sleep(1000)
      lines = this.cluster.journal()
    }
    const back = await this.answering()
    try {
      const overlap = overlapMillis(lines)
      this.tally.set("bots at a time, most ms", overlap)
      if (overlap > lookMillis) return `two bots for ${Math.round(overlap)} ms`
      for (const [what, count] of Object.entries(traffic.check(sent, lines))) this.tally.set(what, count)
      traffic.checkFences(lines)
      return back ?? this.strays(lines)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      for (const [what, count] of this.tally) this.options.say(`  ${what}: ${Math.round(count)}`)
    }
  }

  /** All keys answer at each machine. */
  private async answering(): Promise<string | undefined> {
    for (const { as, machine } of this.running.values()) {
      const answers = await Promise.all(keys.map((key) => machine.order("add", { key, id: `end ${as} ${key}` })))
      const wrong = answers.find(({ error }) => error !== undefined)
      if (wrong !== undefined) return `${as} does not answer in the end: ${wrong.error?.message}`
    }
    return undefined
  }

  /** Runs on a machine that had lost the key, but for those of one that stood still until just then. */
  private strays(lines: ReadonlyArray<Line>): string | undefined {
    const strays = traffic.strays(lines)
    const unexplained = strays.filter(({ at, machine }) =>
      !this.thawed.some((thawed) => thawed.machine === machine && at >= thawed.at && at <= thawed.at + lookMillis)
    )
    this.tally.set("runs of machines that had stood still", strays.length)
    return unexplained.length === 0
      ? undefined
      : `ran where the key was not: ${JSON.stringify(unexplained.slice(0, 3))}`
  }
}

/** Plays one game. Returns what was wrong; nothing if all was right. */
export const play = async (options: Options): Promise<string | undefined> => {
  const refusal = hosts.refusal()
  if (refusal !== undefined) options.say(`no network can be cut: ${refusal}`)
  const network = refusal === undefined ? hosts.make([...names, "db"]) : undefined
  const server = await postgres.make(options.bin, network?.database)
  try {
    return await new Game(options, network, server).play()
  } finally {
    await server.remove()
    network?.remove()
  }
}
