/**
 * What keeps a thread apart from the others: the option `isolation`, checked.
 */
import type { Fault } from "../Status.ts"
import type * as Thread from "../Thread.ts"
import type { Checker } from "./optionChecks.ts"

/** Where a thread runs: on a worker thread, or on main. */
export type Isolation = NonNullable<Thread.Options<[]>["isolation"]>

/** Checks the option. */
export const resolve = (check: Checker, path: string, isolation: Isolation | undefined): Isolation =>
  check.oneOf(path, isolation, ["thread", "inline"])

/** The faults that end the thread that has them, and nothing else. */
const contained: Readonly<Record<Isolation, ReadonlyArray<Fault>>> = {
  thread: ["throw", "exit", "oom", "spin"],
  inline: ["throw"]
}

/** Whether a fault ends one thread of this isolation only. */
export const contains = (isolation: Isolation, fault: Fault): boolean => contained[isolation].includes(fault)
