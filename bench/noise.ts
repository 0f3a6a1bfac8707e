/** How much of the machine others used meanwhile: other processes, and the host's other guests. */
import { readFileSync } from "node:fs"
import { cpus } from "node:os"
import { ownCpuMicros } from "./contestant.ts"

/** Above this part of all processors the machine counts as noisy. */
export const noisyAbove = 0.05

const microsPerTick = 10_000

/** Microseconds that all processors together were busy or withheld by the host; undefined where there is no /proc/stat. */
const busyMicros = (): number | undefined => {
  try {
    const [, ...ticks] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(/\s+/)
    const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = ticks.map(Number)
    return (user + nice + system + irq + softIrq + steal) * microsPerTick
  } catch {
    return undefined
  }
}

/** Begins to watch; the result returns the part (0 to 1) of all processors that others have used since. */
export const watchOthers = (): () => number | undefined => {
  const [busy, own, began] = [busyMicros(), ownCpuMicros(), performance.now()]
  return () => {
    const now = busyMicros()
    if (busy === undefined || now === undefined) return undefined
    const micros = (performance.now() - began) * 1000 * cpus().length
    return Math.max(0, (now - busy - (ownCpuMicros() - own)) / micros)
  }
}
