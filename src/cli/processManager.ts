/**
 * Tells the process manager how the process is doing: systemd, which says where by `NOTIFY_SOCKET`, and PM2, by a message.
 *
 * ```text
 *   all threads are up      systemd: READY=1       PM2: "ready"
 *   from then on            systemd: WATCHDOG=1, twice in each WATCHDOG_USEC, from main's event loop
 *   the system stops        systemd: STOPPING=1
 * ```
 *
 * The protocol is that of sd_notify(3). Node has no Unix datagrams, so systemd's own command sends them, and the unit needs
 * `NotifyAccess=all`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { execFile } from "node:child_process"
import { System } from "../control/system.ts"
import type { Running } from "../main/run.ts"

/** What a process manager wants to hear, and by which way. */
export type ProcessManager =
  | { readonly _tag: "Systemd"; readonly watchdogMillis: number | undefined }
  | { readonly _tag: "Pm2" }

/** Which process manager has started this process, as its environment says. */
export const managerOf = (
  env: NodeJS.ProcessEnv,
  process: { readonly pid: number; readonly hasChannel: boolean }
): ProcessManager | undefined => {
  const { NOTIFY_SOCKET = "", WATCHDOG_PID: pid = "", WATCHDOG_USEC = "", pm_id } = env
  if (NOTIFY_SOCKET !== "") {
    const micros = /^[1-9]\d*$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) : undefined
    // Set for another process, which has started this one.
    const isMeant = pid === "" || pid === String(process.pid)
    return { _tag: "Systemd", watchdogMillis: isMeant && micros !== undefined ? micros / 1000 : undefined }
  }
  return pm_id !== undefined && process.hasChannel ? { _tag: "Pm2" } : undefined
}

/** Sends systemd a state. What goes wrong is logged: the process runs as well without being watched. */
const notify = (state: string): Effect.Effect<void> =>
  Effect.callback<void, Error>((resume) => {
    execFile("systemd-notify", [state], { timeout: 10_000 }, (error) => {
      resume(error === null ? Effect.void : Effect.fail(error))
    })
  }).pipe(
    Effect.catch((error) =>
      Effect.logWarning(
        `systemd was not told ${state}: ${
          "code" in error && error.code === "ENOENT"
            ? "the command systemd-notify is missing. Install it, or set Type=exec in the unit"
            : error.message.trim()
        }`
      )
    )
  )

/** Tells the process manager, if there is one, until the scope closes. */
export const report = Effect.fnUntraced(function*<Actors>(
  running: Running<Actors>
): Effect.fn.Return<void, never, Scope.Scope> {
  const manager = managerOf(process.env, { pid: process.pid, hasChannel: process.send !== undefined })
  if (manager === undefined) return
  const isUp = Effect.orElseSucceed(running.boot, () => false)
  if (manager._tag === "Pm2") {
    yield* Effect.forkScoped(Effect.map(isUp, (isUp) => isUp && process.send?.("ready")))
    return
  }
  const { events } = Context.getUnsafe(running.services, System)
  const stopping = Stream.runHead(Stream.filter(events, ({ _tag }) => _tag === "Stopping"))
  yield* Effect.forkScoped(Effect.andThen(stopping, notify("STOPPING=1")), { startImmediately: true })
  yield* Effect.forkScoped(Effect.gen(function*() {
    if (!(yield* isUp)) return
    yield* notify("READY=1")
    if (manager.watchdogMillis === undefined) return
    yield* Effect.repeat(notify("WATCHDOG=1"), Schedule.spaced(manager.watchdogMillis / 2))
  }))
})
