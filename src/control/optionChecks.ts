/**
 * Checks the options of a declaration one by one, and fills in their defaults.
 */
import * as Duration from "effect/Duration"
import { inspect } from "node:util"
import type { ResourceLimits } from "node:worker_threads"
import { InvalidSystem } from "../SystemError.ts"

/** Imports the module whose default export is a layer. */
export type LoadLayer = () => Promise<{ readonly default: unknown }>

/**
 * What V8 can live with, in MB. Below these, a thread has no room for heddle itself, or V8 aborts the process, which no
 * supervisor survives; above, it does so, too, or the thread gets no stack. Measured with Node 22.23, 24.21 and 26.10.
 */
const usableLimits: ReadonlyMap<string, { readonly min: number; readonly max: number }> = new Map([
  // 2 aborts; 4 to 16 is out of memory at the start; 20 suffices mostly.
  ["maxOldGenerationSizeMb", { min: 24, max: 1_000_000 }],
  ["maxYoungGenerationSizeMb", { min: 1, max: 1_000_000 }],
  // Node 22 aborts when the code of a thread outgrows 2.
  ["codeRangeSizeMb", { min: 8, max: 4096 }],
  ["stackSizeMb", { min: 1, max: 1024 }]
])

export type Checker = ReturnType<typeof checker>

/** Reads options one by one; each faulty one adds a line with its path and value, and stands in with its default. */
export const checker = () => {
  const problems: Array<string> = []
  const problem = (line: string): void => void problems.push(line)
  const number = (path: string, value: number | undefined, fallback: number, min: number, max: number): number => {
    if (value === undefined) return fallback
    if (typeof value === "number" && value >= min && value <= max) return value
    problem(`${path}: ${show(value)} is not a number ${range(min, max)}`)
    return fallback
  }
  const limit = (path: string, field: string, value: unknown): void => {
    const usable = usableLimits.get(field)
    if (usable === undefined) return problem(`${path} is not a limit; take ${[...usableLimits.keys()].join(", ")}`)
    const { max, min } = usable
    if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return
    const why = typeof value === "number" && value < min
      ? `; with less a thread can't load heddle, or the whole process is aborted`
      : ""
    problem(`${path}: ${show(value)} is not a number ${range(min, max)}${why}`)
  }
  return {
    problem,
    number,
    count: (
      path: string,
      value: number | undefined,
      fallback: number,
      min: number,
      max = Infinity,
      alternative = ""
    ): number => {
      if (value === undefined) return fallback
      if (Number.isSafeInteger(value) && value >= min && value <= max) return value
      problem(`${path}: ${show(value)} is not a whole number ${range(min, max)}${alternative}`)
      return fallback
    },
    millis: (path: string, value: Duration.Input | undefined, fallback: Duration.Input, min: number): number => {
      if (value === undefined) return Duration.toMillis(fallback)
      const millis = toMillis(value)
      if (Number.isFinite(millis) && millis >= min) return millis
      problem(
        `${path}: ${show(value)} is not a duration of ${min === 0 ? "0 or more" : `at least ${min} millis`}; ` +
          `write it as "5 seconds" or "100 millis"`
      )
      return Duration.toMillis(fallback)
    },
    timeout: (path: string, value: Duration.Input | undefined): void => {
      if (value === undefined || toMillis(value) >= 1) return
      problem(`${path}: ${show(value)} is not a duration of at least 1 millis; write it as "30 seconds" or "Infinity"`)
    },
    oneOf: <const A extends string>(path: string, value: A | undefined, allowed: readonly [A, ...Array<A>]): A => {
      if (value === undefined) return allowed[0]
      if (allowed.includes(value)) return value
      problem(`${path}: ${show(value)} is none of ${allowed.map(show).join(", ")}`)
      return allowed[0]
    },
    name: (path: string, name: string): void => {
      if (/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) return
      const why = name.includes(".") ? `; names with "." are heddle's own, such as "hash.1" or "heddle.Supervisor"` : ""
      problem(
        `${path}: ${show(name)} is not a usable name; take 1-64 letters, digits, "_" or "-", a letter first${why}`
      )
    },
    layer: (path: string, load: LoadLayer | undefined): LoadLayer | undefined => {
      if (load === undefined || typeof load === "function") return load
      problem(`${path}: ${show(load)} is not a function that imports a module; write layer: () => import("./Layer.ts")`)
      return undefined
    },
    resourceLimits: (path: string, limits: ResourceLimits | undefined): ResourceLimits | undefined => {
      if (limits === undefined) return undefined
      if (!isObject(limits)) problem(`${path}: ${show(limits)} is not an object such as { maxOldGenerationSizeMb: 64 }`)
      else Object.entries(limits).forEach(([field, value]) => limit(`${path}.${field}`, field, value))
      return limits
    },
    done: (): void => {
      if (problems.length > 0) throw new InvalidSystem({ problems })
    }
  }
}

const range = (min: number, max: number): string => max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`

const toMillis = (value: Duration.Input): number => {
  try {
    // A duration made of NaN would be zero.
    return Number.isNaN(value) ? Number.NaN : Duration.toMillis(value)
  } catch {
    return Number.NaN
  }
}

/** A value as it should be shown in an error. */
export const show = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity })

/** Whether a value has properties. */
export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null
