/** A Postgres server of its own for a test, which can be killed and brought back. */
import { execFile, execFileSync, spawn } from "node:child_process"
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** The folder of Debian's newest Postgres; nothing if there is none. */
export const binaries = (): string | undefined => {
  const root = "/usr/lib/postgresql"
  const [newest] = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : []
  return newest === undefined ? undefined : join(root, newest, "bin")
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => typeof address === "object" && address !== null ? resolve(address.port) : reject(address))
    })
  })

/** Postgres does not run as root: then it runs as the user postgres. */
const userOf = (): { readonly uid?: number; readonly gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

/** Where a server runs, if not on loopback. */
export interface Where {
  /** A command that runs another one, in a network of its own. */
  readonly inside: ReadonlyArray<string>
  readonly address: string
  /** Those who are let in. */
  readonly network: string
}

/** Makes a server in a folder of its own, and starts it. */
export const make = async (bin: string, where?: Where, settings: ReadonlyArray<string> = []) => {
  const user = userOf()
  const folder = mkdtempSync(join(tmpdir(), "heddle-postgres-"))
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, "data")
  const place = { cwd: folder, env: { ...process.env, LC_ALL: "C" } }
  const options = { ...user, ...place }
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "heddle", "-A", "trust", "-E", "UTF8", "--no-sync"], options)
  const port = await freePort()
  const address = where?.address ?? "127.0.0.1"
  if (where !== undefined) appendFileSync(join(data, "pg_hba.conf"), `host all all ${where.network} trust\n`)
  const args = [
    "-D",
    data,
    "-p",
    `${port}`,
    "-k",
    folder,
    "-c",
    `listen_addresses=${address}`,
    ...settings.flatMap((one) => ["-c", one])
  ]
  // To enter a network takes root, which Postgres must not be.
  const [command = "", ...before] = where === undefined
    ? [join(bin, "postgres")]
    : [
      ...where.inside,
      "setpriv",
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      "--clear-groups",
      join(bin, "postgres")
    ]

  const start = () =>
    new Promise<{ readonly pid: number; readonly ended: Promise<void> }>((resolve, reject) => {
      const child = spawn(command, [...before, ...args], {
        ...where === undefined ? options : place,
        stdio: ["ignore", "ignore", "pipe"]
      })
      const ended = new Promise<void>((resolve) => child.once("close", () => resolve()))
      let text = ""
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
        if (text.includes("ready to accept connections")) resolve({ pid: child.pid ?? 0, ended })
      })
      child.once("close", () => reject(new Error(text)))
    })

  let running = await start()
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    process.kill(running.pid, signal)
    await running.ended
  }
  return {
    pid: (): number => running.pid,
    url: `postgres://heddle:secret@${address}:${port}/postgres`,
    /** Runs a statement, and completes with what it says, in lines. */
    sql: async (statement: string): Promise<string> => {
      const args = ["-h", folder, "-p", `${port}`, "-U", "heddle", "-At", "-c", statement, "postgres"]
      return (await run(join(bin, "psql"), args)).stdout.trim()
    },
    /** Ends it at once; `restart` brings it back. */
    kill: () => kill("SIGKILL"),
    restart: async (): Promise<void> => {
      // What is left of the killed one may still be about to end: then a new one ends at once.
      for (;;) {
        try {
          running = await start()
          return
        } catch {
          continue
        }
      }
    },
    remove: async (): Promise<void> => {
      await kill("SIGQUIT")
      rmSync(folder, { recursive: true })
    }
  }
}
