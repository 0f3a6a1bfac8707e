/**
 * Lets a process outlive its terminal: neither a closed output nor an ignored SIGHUP ends it.
 */

/** Whether SIGHUP is to be ignored. Node resets what `nohup` had set, so people have to say it by this variable. */
export const isHangUpIgnored = (): boolean => process.env["HEDDLE_SIGHUP"] === "ignore"

const ignore = (): void => {}

/**
 * Ignores what the end of a terminal does to a process.
 *
 * **Details**
 * - An error of standard output or standard error is no reason to end, and none to skip finalizers.
 * - SIGHUP is ignored with `HEDDLE_SIGHUP=ignore`. Otherwise it stops the system, as any signal of `signals.ts`.
 */
export const surviveHangUp = (): void => {
  if (isHangUpIgnored()) process.on("SIGHUP", ignore)
  for (const name of ["stdout", "stderr"] as const) {
    try {
      process[name].on("error", ignore)
    } catch {
      // It can't even be opened any more.
    }
  }
}
