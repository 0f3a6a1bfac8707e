/**
 * Why a machine can't listen, in words: what is wrong, and what to do about it. Pure.
 */
import { type Address, format } from "../base/address.ts"

const texts = new Map<string, (listen: Address) => string>([
  ["EADDRINUSE", () => "another process does; end it, or give this machine another cluster.address"],
  [
    "EADDRNOTAVAIL",
    ({ port }) =>
      `that is no address of this computer; declare where it listens, such as cluster.listen "0.0.0.0:${port}"`
  ],
  ["EACCES", () => "this user may not; declare a port of 1024 or more"],
  ["ENOTFOUND", ({ port }) => unknownName(port)],
  ["EAI_AGAIN", ({ port }) => unknownName(port)]
])

const unknownName = (port: number): string =>
  `this computer does not know that name; declare where it listens, such as cluster.listen "0.0.0.0:${port}"`

/** The error of a socket is behind those of the layers above it. */
const causeOf = (error: unknown): Error => {
  const below: unknown = Reflect.get(Object(Reflect.get(Object(error), "reason") ?? error), "cause")
  return below instanceof Error ? below : error instanceof Error ? error : new Error(String(error))
}

/** Why it can't listen; goes on after "this machine ...". */
export const problemOf = (listen: Address, error: unknown): string => {
  const cause = causeOf(error)
  const text = texts.get("code" in cause ? String(cause.code) : "")
  return `can't listen at ${format(listen)}${text === undefined ? "" : `: ${text(listen)}`} (${cause.message})`
}
