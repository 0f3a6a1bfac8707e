/** A real SOCKS5 server: Debian's package `microsocks`. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as Net from "node:net"
import { deadPort } from "./site.ts"

const path = "/usr/bin/microsocks"

/** Whether it is installed. */
export const microsocks = existsSync(path)

/** Starts one with these options on a port of loopback, until the scope ends. */
export const socksProxy = Effect.fnUntraced(function*(options: ReadonlyArray<string> = []) {
  const port = yield* deadPort
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn(path, ["-i", "127.0.0.1", "-p", `${port}`, ...options], { stdio: "ignore" })),
    (child) => Effect.sync(() => void child.kill("SIGKILL"))
  )
  yield* Effect.retry(connects(port), { schedule: Schedule.spaced("20 millis"), times: 200 })
  return port
})

const connects = (port: number) =>
  Effect.callback<void, Error>((resume) => {
    const socket = Net.connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.void)
    })
    socket.once("error", (error) => resume(Effect.fail(error)))
  })
