/**
 * Gives up what a thread needed to load, and may not do any longer.
 */
import type { WorkerInit } from "../control/protocol.ts"

/** Drops what is left of the permissions, for good, if the thread is to have none. */
export const drop = ({ giveUpFfi, permissions }: Pick<WorkerInit, "giveUpFfi" | "permissions">): void => {
  const { permission } = process
  if (permissions === "all" || permission === undefined) return
  if (giveUpFfi !== undefined) {
    giveUpFfi()
    permission.drop("ffi")
  }
  permission.drop("fs.read")
}
