/**
 * Sessions with the inspector of a child process, over a socket to a thread of its own there.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { createInterface } from "node:readline"
import { type Duplex, Readable } from "node:stream"
import type { ThreadSession } from "./threadInspector.ts"

/** A result of a command, or a piece of a heap snapshot. */
const Message = Schema.fromJsonString(Schema.Struct({
  id: Schema.optional(Schema.Number),
  result: Schema.optional(Schema.Unknown),
  chunk: Schema.optional(Schema.String)
}))
const decode = Schema.decodeUnknownOption(Message)

export type ProcessInspector = ReturnType<typeof make>

/** Makes what looks at the process at the other end of a socket. */
export const make = (socket: Duplex) => {
  const results = new Map<number, (result: unknown) => void>()
  let lastId = 0
  let sessions = 0
  let onChunk: ((chunk: string) => void) | undefined

  const write = (message: object): void => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
  }
  const receive = (line: string): void => {
    const { chunk, id, result } = Option.getOrElse(decode(line), (): typeof Message.Type => ({}))
    if (chunk !== undefined) onChunk?.(chunk)
    if (id === undefined) return
    const onResult = results.get(id)
    results.delete(id)
    onResult?.(result)
  }
  // The process has died, which shows elsewhere. The reader of lines passes on what its input says.
  const ignore = (): void => {}
  socket.on("error", ignore)
  createInterface({ input: socket }).on("error", ignore).on("line", receive)

  const open = (): ThreadSession => {
    let isOpen = true
    sessions++
    return {
      post(method, params = {}, onResult) {
        if (!isOpen) return
        const id = ++lastId
        if (onResult !== undefined) results.set(id, onResult)
        write({ id, method, params })
      },
      close() {
        if (!isOpen) return
        isOpen = false
        if (--sessions === 0) write({ method: "end" })
      }
    }
  }

  return {
    open,
    /** The content of a `.heapsnapshot` file, as it is made; one at a time. */
    heap(): Readable {
      if (onChunk !== undefined) throw new Error("a snapshot of it is being taken already")
      const session = open()
      const snapshot = new Readable({
        read: () => void socket.resume(),
        destroy(error, done) {
          onChunk = undefined
          socket.off("close", onClose).resume()
          session.close()
          done(error)
        }
      })
      const onClose = (): void => void snapshot.destroy(new Error("it ended while the snapshot was taken"))
      socket.once("close", onClose)
      onChunk = (chunk) => {
        if (!snapshot.push(chunk)) socket.pause()
      }
      session.post("HeapProfiler.takeHeapSnapshot", { reportProgress: false }, () => void snapshot.push(null))
      return snapshot
    }
  }
}
