/**
 * Sessions with the inspectors of threads. The process has one session with itself for all of them, which is open while
 * some thread is looked at: to open it attaches to every thread, and takes nothing from them.
 *
 * ```text
 *   open --> the session of the process, if there is none --> attached to the thread --> commands, results
 *                                                                                               |
 *   the session of the process is disconnected  <-- when nobody is left --------------------  close
 * ```
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Session } from "node:inspector"
import { inspector } from "./inspecting.ts"

/** What a thread's inspector sends: the result of a command; an event has no `id`. */
const Message = Schema.fromJsonString(Schema.Struct({
  id: Schema.optional(Schema.Number),
  result: Schema.optional(Schema.Unknown)
}))
const decode = Schema.decodeUnknownOption(Message)

/** A session with the inspector of one thread. */
export interface ThreadSession {
  /** Sends a command; it waits until the thread is attached to. Nothing is called back if the thread never answers. */
  readonly post: (method: string, params?: object, onResult?: (result: unknown) => void) => void
  /** Ends the session. What the thread's inspector was told to do has to be undone before. */
  readonly close: () => void
}

/** A thread that is attached to, or is to be. */
interface Target {
  session: string | undefined
  /** How many sessions with it are open. */
  open: number
  readonly waiting: Array<string>
  readonly results: Map<number, (result: unknown) => void>
}

interface Hub {
  readonly target: (threadId: number) => Target
  readonly send: (target: Target, message: string) => void
  readonly leave: (threadId: number) => void
}

let hub: Hub | undefined
let lastId = 0

/** Opens a session with a thread, by Node's number of it; nothing in a Node whose inspector may not be used. */
export const open = (threadId: number): ThreadSession | undefined => {
  hub ??= makeHub()
  if (hub === undefined) return undefined
  const { leave, send, target: targetOf } = hub
  const target = targetOf(threadId)
  target.open++
  let isOpen = true
  return {
    post(method, params = {}, onResult) {
      if (!isOpen) return
      const id = ++lastId
      if (onResult !== undefined) target.results.set(id, onResult)
      send(target, JSON.stringify({ id, method, params }))
    },
    close() {
      if (!isOpen) return
      isOpen = false
      if (--target.open === 0) leave(threadId)
    }
  }
}

/** Connects the process with its own inspector. */
const connect = (): Session | undefined => {
  if (inspector === undefined) return undefined
  try {
    const session = new inspector.Session()
    session.connect()
    return session
  } catch {
    // Node's permission model can forbid it.
    return undefined
  }
}

const makeHub = (): Hub | undefined => {
  const session = connect()
  if (session === undefined) return undefined
  const targets = new Map<number, Target>()
  /** The sessions of threads, by Node's numbers of these. */
  const sessions = new Map<number, string>()
  const bySession = (id: string): Target | undefined =>
    Array.from(targets.values()).find(({ session }) => session === id)

  const deliver = (sessionId: string, message: string): void =>
    session.post("NodeWorker.sendMessageToWorker", { sessionId, message })

  session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
    const threadId = numberOf(workerInfo.title)
    if (threadId === undefined) return
    sessions.set(threadId, sessionId)
    const target = targets.get(threadId)
    if (target !== undefined) attach(target, sessionId)
  })
  session.on("NodeWorker.receivedMessageFromWorker", ({ params: { message, sessionId } }) => {
    const target = bySession(sessionId)
    if (target !== undefined) receive(target, message)
  })
  const attach = (target: Target, sessionId: string): void => {
    target.session = sessionId
    for (const message of target.waiting.splice(0)) deliver(sessionId, message)
  }
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false })

  return {
    target(threadId) {
      const known = targets.get(threadId)
      if (known !== undefined) return known
      const target: Target = { session: sessions.get(threadId), open: 0, waiting: [], results: new Map() }
      targets.set(threadId, target)
      return target
    },
    send(target, message) {
      if (target.session === undefined) target.waiting.push(message)
      else deliver(target.session, message)
    },
    leave(threadId) {
      targets.delete(threadId)
      if (targets.size > 0) return
      hub = undefined
      session.disconnect()
    }
  }
}

/** Hands a result to the sender of its command; events are of no interest. */
const receive = ({ results }: Target, message: string): void => {
  const { id, result } = Option.getOrElse(decode(message), (): typeof Message.Type => ({}))
  if (id === undefined) return
  const onResult = results.get(id)
  results.delete(id)
  onResult?.(result)
}

/** Node's number of the thread that a title names: "[worker 3] bot". */
const numberOf = (title: string): number | undefined => {
  const number = /^\[worker (\d+)\]/.exec(title)?.[1] ?? /^Worker (\d+)/.exec(title)?.[1]
  return number === undefined ? undefined : Number(number)
}
