/** A TCP proxy that is as bad a line as a test wants. */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import { tcp } from "./site.ts"

/** What becomes of a connection: it works, is cut in the middle of the first answer, or brings nothing back. */
export type Fate = "works" | "cut" | "black hole"

/**
 * **Details**
 * - `delayMillis`: how much later the nth piece arrives, from 0, in either direction. Default none.
 * - `fate`: of the nth connection, from 0. Default: all work.
 */
export interface Options {
  readonly delayMillis?: (piece: number, direction: "there" | "back") => number
  readonly fate?: (connection: number) => Fate
}

/** Opens a line to a port of loopback; gives the port of its near end. */
export const line = (
  to: number,
  { delayMillis = () => 0, fate = () => "works" }: Options = {}
): Effect.Effect<number, never, Scope.Scope> => {
  let connections = 0
  return tcp((near) => {
    const ours = fate(connections++)
    const far = Net.connect(to, "127.0.0.1")
    const carry = (from: Net.Socket, into: Net.Socket, direction: "there" | "back") => {
      let pieces = 0
      // Each timer lets the oldest pass, so that nothing overtakes what was sent before it.
      const held: Array<() => void> = []
      const later = (pass: () => void): void => {
        held.push(pass)
        setTimeout(() => held.shift()?.(), delayMillis(pieces++, direction))
      }
      from.on("data", (bytes: Buffer) => {
        if (direction === "back" && ours === "black hole") return
        if (direction === "back" && ours === "cut") {
          return later(() => into.write(bytes.subarray(0, bytes.length / 2), () => into.resetAndDestroy()))
        }
        later(() => into.write(bytes))
      })
      from.on("end", () => later(() => into.end()))
      from.on("error", () => into.destroy())
      from.on("close", () => later(() => into.destroy()))
    }
    carry(near, far, "there")
    carry(far, near, "back")
  })
}
