/** A Postgres server of its own for a test, which can be killed and brought back. */
import { execFileSync, spawn } from "node:child_process"
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

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

/** Makes a server in a folder of its own, and starts it. */
export const make = async (bin: string) => {
  const user = userOf()
  const folder = mkdtempSync(join(tmpdir(), "heddle-postgres-"))
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, "data")
  const options = { ...user, cwd: folder, env: { ...process.env, LC_ALL: "C" } }
  execFileSync(join(bin, "initdb"), ["-D", data, "-U", "heddle", "-A", "trust", "-E", "UTF8"], options)
  const port = await freePort()
  const args = ["-D", data, "-p", `${port}`, "-k", folder, "-c", "listen_addresses=127.0.0.1"]

  const start = () =>
    new Promise<{ readonly pid: number; readonly ended: Promise<void> }>((resolve, reject) => {
      const child = spawn(join(bin, "postgres"), args, { ...options, stdio: ["ignore", "ignore", "pipe"] })
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
    url: `postgres://heddle:secret@127.0.0.1:${port}/postgres`,
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
