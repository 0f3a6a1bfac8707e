/**
 * What a thread may do beside computing: the option `permissions`, checked.
 */
import type * as Thread from "../Thread.ts"
import type { Isolation } from "./isolation.ts"
import { type Checker, show } from "./optionChecks.ts"

/** All that the program may do, or nothing once it has started. */
export type Permissions = "all" | "none"

/** Earlier ones refuse no network. */
const firstNode = 26

/** Why a thread can't be without permissions; nothing if it can. */
export const problemOf = (isolation: Isolation, node: string): string | undefined => {
  if (isolation === "inline") {
    return "is for what runs apart from main, and this runs on it: take isolation \"thread\" or \"process\""
  }
  return Number.parseInt(node) < firstNode
    ? `needs Node ${firstNode} or later, because earlier ones refuse no network, and this is Node ${node}`
    : undefined
}

/** Checks the option. */
export const resolve = (
  check: Checker,
  path: string,
  { permissions }: Pick<Thread.Options<[]>, "permissions">,
  isolation: Isolation
): Permissions => {
  if (permissions === undefined) return "all"
  const problem = permissions === "none"
    ? problemOf(isolation, process.versions.node)
    : "is not known; take \"none\", or leave it out"
  if (problem !== undefined) check.problem(`${path}: ${show(permissions)} ${problem}`)
  return "none"
}

/** The flags of Node for a thread that gives its permissions up once it has started: until then it loads modules. */
export const flagsFor = (
  { isolation, permissions }: { readonly isolation: Isolation; readonly permissions: Permissions }
) =>
  permissions === "all"
    ? []
    : [
      "--permission",
      "--allow-fs-read=*",
      ...isolation === "process" ? ["--allow-ffi", "--disable-warning=PERM0003"] : []
    ]
