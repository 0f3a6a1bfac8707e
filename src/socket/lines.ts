/**
 * Lines over a socket: their length is bounded, and nobody's memory fills because the other end is slow.
 */
import type { Socket } from "node:net"

/** What the command sends is short; what a system answers may be the result of a call. */
export const longestRequestBytes = 1024 * 1024
export const longestAnswerBytes = 64 * 1024 * 1024

/** A line that is longer than was agreed. */
export class TooLong extends Error {
  constructor(bytes: number) {
    super(`longer than ${bytes} bytes`)
  }
}

const newline = 0x0a

/** Makes a reader, which is given what arrives and returns the lines that it completes. A line too long is the last one. */
export const reader = (longestBytes: number) => {
  const parts: Array<Buffer> = []
  let bytes = 0
  return (chunk: Buffer): ReadonlyArray<string | TooLong> => {
    const lines: Array<string | TooLong> = []
    let rest = chunk
    for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline)) {
      if (bytes + at > longestBytes) return [...lines, new TooLong(longestBytes)]
      parts.push(rest.subarray(0, at))
      lines.push(Buffer.concat(parts).toString())
      parts.length = 0
      bytes = 0
      rest = rest.subarray(at + 1)
    }
    parts.push(rest)
    bytes += rest.length
    return bytes > longestBytes ? [...lines, new TooLong(longestBytes)] : lines
  }
}

/** Writes a line. Calls `then` when there is room for the next one, at once as a rule; never when the socket is gone. */
export const write = (socket: Socket, line: string, then: () => void): void => {
  if (socket.destroyed || socket.writableEnded) return
  if (socket.write(`${line}\n`)) then()
  else socket.once("drain", then)
}

/** Gives the lines of a socket one by one; `undefined` when it has ended. Reads no further than it is asked to. */
export interface Pull {
  readonly next: () => Promise<string | TooLong | undefined>
}

/** Reads lines from a socket, from now on. */
export const pull = (socket: Socket, longestBytes: number): Pull => {
  const read = reader(longestBytes)
  const ready: Array<string | TooLong> = []
  const state = { isEnded: false }
  let wake = (): void => {}
  socket.on("data", (chunk: Buffer) => {
    ready.push(...read(chunk))
    socket.pause()
    wake()
  })
  for (const event of ["end", "close", "error"]) {
    socket.on(event, () => {
      state.isEnded = true
      wake()
    })
  }
  return {
    async next() {
      while (ready.length === 0 && !state.isEnded) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve
        })
        socket.resume()
        await woken
      }
      return ready.shift()
    }
  }
}
