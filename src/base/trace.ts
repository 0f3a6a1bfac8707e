/**
 * Stacks over several threads: where an error arose, then where it was asked for.
 *
 * ```text
 *   Torn: page 7 is torn
 *       at Book.tear (/app/BookLayer.ts:12:11)       on the actor's thread
 *       --- asked for by ---
 *       at program (/app/main.ts:30:22)              on the caller's
 * ```
 */

import { read } from "./thrown.ts"

const asked = "    --- asked for by ---"

/** heddle's own folder, unless it is part of a bundle. */
const own = /^file:\/\/(.*\/)base\/trace\.[jt]s$/.exec(import.meta.url)?.[1]

/** Frames of libraries, which say nothing about the program. */
const isForeign = (line: string): boolean =>
  (own !== undefined && line.includes(own)) ||
  /[\\/]node_modules[\\/](effect|heddle)[\\/]|Generator\.next|~effect[\\/]|\(node:internal|at node:internal/.test(line)

const mostBytes = 8192

/** The frames of a stack that belong to the program, with the text before them. */
export const ofProgram = (stack: string): string =>
  stack.slice(0, 8 * mostBytes).split("\n").filter((line) => !/^\s+at /.test(line) || !isForeign(line)).join("\n")
    .slice(0, mostBytes)

/** The stack of a value, if it is an error. */
export const stackOf = (value: unknown): string =>
  read(() => {
    const stack = value instanceof Error ? value.stack : undefined
    return typeof stack === "string" ? ofProgram(stack) : ""
  }, "")

/** Has an error show the stack that it had where it arose. */
export const setStack = (error: unknown, stack: string): void => {
  if (!(error instanceof Error) || stack === "") return
  try {
    error.stack = stack
  } catch {
    // A frozen error stays as it is.
  }
}

/** A place in the program, written down only if it is needed. */
export interface CallSite {
  readonly stack?: string
}

const frames = 6

/** Notes where `below` was called. */
export const callSite = (below: Function): CallSite => {
  const site: CallSite = {}
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = frames
  Error.captureStackTrace(site, below)
  Error.stackTraceLimit = limit
  return site
}

/** Adds to the stack of an error where it was asked for. */
export const addCaller = (error: unknown, { stack = "" }: CallSite): void => {
  const called = ofProgram(stack).split("\n").slice(1).join("\n")
  if (error instanceof Error && called !== "") setStack(error, `${stackOf(error)}\n${asked}\n${called}`)
}
