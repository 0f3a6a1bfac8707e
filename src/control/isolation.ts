/**
 * What keeps a thread apart from the others: the option `isolation`, checked.
 */
import * as libc from "../shared/libc.ts"
import type { Fault } from "../Status.ts"
import type * as Thread from "../Thread.ts"
import type { Checker } from "./optionChecks.ts"

/** Where a thread runs: on a worker thread, in a child process, or on main. */
export type Isolation = NonNullable<Thread.Options<[]>["isolation"]>

/** A thread reads what main has checked; it may have fewer permissions than main. */
const isChecked = (): boolean => globalThis.heddleImporting?.isDone === false

/** Checks the option. */
export const resolve = (check: Checker, path: string, isolation: Isolation | undefined): Isolation => {
  const problem = isolation === "process" && !isChecked() ? libc.problem() : undefined
  if (problem !== undefined) check.problem(`${path}: "process" ${problem}; or take "thread"`)
  return check.oneOf(path, isolation, ["thread", "process", "inline"])
}

/** The faults that end the thread that has them, and nothing else. */
const contained: Readonly<Record<Isolation, ReadonlyArray<Fault>>> = {
  thread: ["throw", "exit", "oom", "spin"],
  process: ["throw", "exit", "oom", "spin", "segv", "abort", "kill"],
  inline: ["throw"]
}

/** Whether a fault ends one thread of this isolation only. */
export const contains = (isolation: Isolation, fault: Fault): boolean => contained[isolation].includes(fault)
