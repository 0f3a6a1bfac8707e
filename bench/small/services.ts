/** The shipped services as a process of their own, measured from outside: web server, scraper, and a bot on another Discord. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Command } from "../bundle/built.ts"

/** What the services cost. */
export interface Cost {
  /** Resident memory some time after all were ready. */
  readonly megabytes: number
  /** That without the pages of files, which the system can drop and other processes share. */
  readonly ownMegabytes: number
  /** From exec until the web server listens and the bot is on Discord. */
  readonly readyMillis: number
  /** Processor time until then. */
  readonly startCpuMillis: number
  /** Part of a core that they use when nothing happens. */
  readonly idle: number
}

type Environment = Readonly<Record<string, string>>
type Running = ChildProcessByStdio<null, Readable, Readable>

const settleMillis = 2000
const idleMillis = 5000
const patienceMillis = 60_000

/** Completes when the lines that a process prints have matched all of `wanted`. */
const printed = (child: Running, wanted: ReadonlyArray<RegExp>): Promise<ReadonlyArray<string>> =>
  new Promise((resolve, reject) => {
    const lines: Array<string> = []
    const fail = (why: string) => reject(new Error(`the services ${why}:\n${lines.join("\n")}`))
    const late = globalThis.setTimeout(() => fail("were not ready in time"), patienceMillis)
    child.once("close", () => {
      clearTimeout(late)
      fail("ended")
    })
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on("line", (line) => {
        lines.push(line)
        if (!wanted.every((one) => lines.some((line) => one.test(line)))) return
        clearTimeout(late)
        resolve(lines)
      })
    }
  })

const run = ([file, ...args]: Command, env: Environment, cwd: string): Running =>
  spawn(file, args, { env: { PATH: process.env["PATH"], ...env }, cwd, stdio: ["ignore", "pipe", "pipe"] })

const end = async (child: Running): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, "close")
  child.kill("SIGTERM")
  await ended
}

/** The Discord on this machine, as a process of its own: its memory is not the services'. */
export const startDiscord = async (): Promise<{ readonly env: Environment; readonly close: () => Promise<void> }> => {
  const file = fileURLToPath(new URL("../../services/discord/sandbox/bin.js", import.meta.url))
  const child = run([process.execPath, file, "--port", "0"], {}, tmpdir())
  const lines = await printed(child, [/DISCORD_API_URL=/, /DISCORD_TOKEN=/])
  const settings = lines.flatMap((line) => {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [[name, value] as const]
  })
  return { env: Object.fromEntries(settings), close: () => end(child) }
}

const status = (pid: number): (kind: string) => number => {
  const text = readFileSync(`/proc/${pid}/status`, "utf8")
  return (kind) => Number(new RegExp(`^${kind}:\\s+(\\d+)`, "m").exec(text)?.[1]) / 1024
}

/** Of all threads that live. */
const cpuMillis = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]) / 1e6,
    0
  )

/** Starts the services, measures them, and stops them. */
export const measure = async (command: Command, env: Environment): Promise<Cost> => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-bench-"))
  const began = performance.now()
  const child = run(command, { PORT: "0", SCRAPER_DATA: ":memory:", ...env }, folder)
  const pid = child.pid ?? Number.NaN
  try {
    await printed(child, [/dashboard at http/, /The bot is /])
    const [readyMillis, startCpuMillis] = [performance.now() - began, cpuMillis(pid)]
    await setTimeout(settleMillis)
    const kinds = status(pid)
    const before = [performance.now(), cpuMillis(pid)] as const
    await setTimeout(idleMillis)
    const idle = (cpuMillis(pid) - before[1]) / (performance.now() - before[0])
    return { megabytes: kinds("VmRSS"), ownMegabytes: kinds("RssAnon"), readyMillis, startCpuMillis, idle }
  } finally {
    await end(child)
    rmSync(folder, { recursive: true })
  }
}
