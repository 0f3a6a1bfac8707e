/**
 * When a thread is replaced by a fresh one, though nothing is wrong with it: the option, checked and with its units.
 */
import type { ResourceLimits } from "node:worker_threads"
import type * as Thread from "../Thread.ts"
import { type Checker, isObject, show } from "./optionChecks.ts"

/** When a thread is recycled; a limit that is undefined is not set. */
export interface RecycleSpec {
  readonly after: number | undefined
  readonly heapBytes: number | undefined
  readonly ageMillis: number | undefined
  /** How long the messages that run when it is time may go on. */
  readonly drainMillis: number
}

const mebibyte = 2 ** 20
const units: ReadonlyMap<string, number> = new Map([["KB", 2 ** 10], ["MB", mebibyte], ["GB", 2 ** 30]])

/** heddle and Effect alone take about half of this. */
const leastHeapMb = 24

const fields = ["after", "heap", "age"]

const drainMillis = 60_000

/** Checks the option, and fills in how long messages that run may go on. */
export const resolve = (
  check: Checker,
  path: string,
  { recycle, resourceLimits }: Pick<Thread.Options<[]>, "recycle" | "resourceLimits">,
  { shutdownTimeoutMillis, taskMillis }: {
    readonly shutdownTimeoutMillis: number
    readonly taskMillis: number | undefined
  }
): RecycleSpec | undefined => {
  if (recycle === undefined) return undefined
  const given = isObject(recycle) ? Object.entries(recycle).filter(([, value]) => value !== undefined) : []
  const unknown = given.find(([field]) => !fields.includes(field))
  if (unknown !== undefined) {
    check.problem(`${path}.${unknown[0]} is not an option of recycle; the options are ${fields.join(", ")}`)
  } else if (given.length === 0) {
    check.problem(
      `${path}: ${show(recycle)} says nothing; write { after: 1000 }, { heap: "200 MB" } or { age: "1 day" }`
    )
  }
  if (!isObject(recycle)) return undefined
  const { after, age, heap } = recycle
  return {
    after: after === undefined ? undefined : check.count(`${path}.after`, after, 1, 1),
    heapBytes: heap === undefined ? undefined : heapBytes(check, `${path}.heap`, heap, resourceLimits),
    ageMillis: age === undefined ? undefined : check.millis(`${path}.age`, age, "1 day", 100),
    drainMillis: Math.max(taskMillis ?? drainMillis, shutdownTimeoutMillis)
  }
}

/** Checks the limit of a heap, and gives it in bytes. */
const heapBytes = (check: Checker, path: string, heap: unknown, limits: ResourceLimits | undefined): number => {
  const bytes = typeof heap === "number" ? heap : typeof heap === "string" ? parse(heap) : Number.NaN
  const limitMb = limits?.maxOldGenerationSizeMb
  if (!(bytes >= leastHeapMb * mebibyte) || !Number.isFinite(bytes)) {
    check.problem(
      `${path}: ${show(heap)} is not a size of at least ${leastHeapMb} MB, most of which heddle itself may take; ` +
        `write it as "200 MB" or as a number of bytes`
    )
  } else if (limitMb !== undefined && bytes >= limitMb * mebibyte) {
    check.problem(
      `${path}: ${
        show(heap)
      } is not below resourceLimits.maxOldGenerationSizeMb, which is ${limitMb}: the thread would run ` +
        `out of memory first`
    )
  }
  return bytes
}

const parse = (text: string): number => {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([KMG]B)$/.exec(text) ?? []
  return Number.parseFloat(number) * (units.get(unit) ?? Number.NaN)
}
