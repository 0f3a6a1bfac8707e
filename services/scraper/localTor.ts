/**
 * Finds a Tor on this machine, or starts one.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdirSync } from "node:fs"
import { connect } from "node:net"
import { resolve } from "node:path"
import { createInterface } from "node:readline"

/** No Tor runs here, and none could be started. */
export class NoTor extends Schema.TaggedError<NoTor>()("NoTor", { problem: Schema.String }) {
  override get message(): string {
    return this.problem
  }
}

/** Where a Tor listens that was started by the system, or by the Tor Browser. */
const usual = [9050, 9150]

/**
 * Returns the proxy's URL for `SCRAPER_PROXY`, with a user of its own: Tor opens other circuits for each.
 *
 * **Details**
 * - `ports`: where to look for one that runs. `folder`: what one that is started keeps there; it ends with the scope.
 */
export const find = Effect.fnUntraced(function*(
  folder: string,
  ports: ReadonlyArray<number> = usual
): Effect.fn.Return<string, NoTor, Scope.Scope> {
  for (const port of ports) if (yield* speaksSocks(port)) return urlOf(port)
  return urlOf(yield* start(folder))
})

const urlOf = (port: number): string => `socks5://crawl-${randomBytes(6).toString("hex")}:x@127.0.0.1:${port}`

/** Whether a SOCKS5 server that takes users listens there. */
const speaksSocks = (port: number): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const socket = connect({ port, host: "127.0.0.1" })
    const answer = (is: boolean) => {
      socket.destroy()
      resume(Effect.succeed(is))
    }
    socket.on("connect", () => socket.write(Uint8Array.of(5, 1, 2)))
    socket.on("data", (bytes) => answer(bytes[0] === 5 && bytes[1] === 2))
    socket.on("error", () => answer(false)).on("close", () => answer(false))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutOption("2 seconds"), Effect.map((is) => is._tag === "Some" && is.value))

const start = (folder: string): Effect.Effect<number, NoTor, Scope.Scope> =>
  Effect.gen(function*() {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const tor = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          "tor",
          [
            ["--SocksPort", "auto", "--DataDirectory", resolve(folder), "--Log", "notice stdout"],
            // Tor looks now and then whether this process is alive, and ends with it, however it dies.
            ["--__OwningControllerProcess", String(process.pid)]
          ].flat(),
          { stdio: ["ignore", "pipe", "inherit"] }
        )
      ),
      (child) => Effect.sync(() => void child.kill("SIGTERM"))
    )
    return yield* Effect.callback<number, NoTor>((resume) => {
      let port: number | undefined
      tor.on("error", () =>
        resume(Effect.fail(
          new NoTor({
            problem: "no Tor runs on this machine (looked at ports 9050 and 9150), and there is no program \"tor\"; " +
              "install it (apt install tor, brew install tor) or start the Tor Browser"
          })
        )))
      tor.on("exit", (code) =>
        resume(
          Effect.fail(new NoTor({ problem: `tor ended with code ${code} before it was connected; its log is above` }))
        ))
      createInterface(tor.stdout).on("line", (line) => {
        const found = /Socks listener listening on port (\d+)/.exec(line)?.[1]
        if (found !== undefined) {
          port = Number(found)
        }
        if (/\[(warn|err)\]|Bootstrapped/.test(line)) process.stderr.write(`${line}\n`)
        if (/Bootstrapped 100%/.test(line) && port !== undefined) resume(Effect.succeed(port))
      })
    })
  }).pipe(Effect.timeoutOrElse({
    duration: "3 minutes",
    orElse: () => Effect.fail(new NoTor({ problem: "tor did not connect to its network within 3 minutes" }))
  }))
