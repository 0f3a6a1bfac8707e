/**
 * What differs for a thread that is a child process: how it is started, what it says to its supervisor by, and that it dies with it.
 */
import { readSync } from "node:fs"
import { Socket } from "node:net"
import { deserialize } from "node:v8"
import * as log from "../base/log.ts"
import type { Control, LinkInit, ProcessInit, ProcessLink, ToProcess, WorkerInit } from "../control/protocol.ts"
import * as libc from "../shared/libc.ts"
import * as segment from "../shared/segment.ts"
import * as eye from "./eye.ts"

const variable = "HEDDLE_PROCESS"
const [dieWithParent, sigkill] = [1, 9n]

/** What a timer can wait for. */
const longestMillis = 2 ** 31 - 1

/** Three for each link: enough for some hundred starts of other threads in the life of a process. */
const mostMappings = 1024

/** Signals for the whole program, which the terminal or systemd sends to each of its processes: the supervisor acts on them. */
const notForThreads = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const

/** Takes what this process was started with; nothing if it is no thread, and the second time. */
export const take = (): WorkerInit | undefined => {
  const given = process.env[variable]
  const { send } = process
  if (given === undefined || send === undefined) return undefined
  Reflect.deleteProperty(process.env, variable)
  const [fd = 0, offset = 0, length = 0, errors = 2, parent = 0, eyeFd = 0] = given.split(":").map(Number)
  endWith(parent)
  log.errorsTo(errors)
  eye.open(eyeFd)
  for (const signal of notForThreads) process.on(signal, () => {})
  const content = Buffer.alloc(length)
  readSync(fd, content, 0, length, offset)
  const init: ProcessInit = deserialize(content)
  let map = segment.mapperOf(fd)
  const open = (region: segment.Region): SharedArrayBuffer => map(region)
  return {
    ...init,
    block: open(init.block),
    recorder: open(init.recorder),
    children: init.children.map(open),
    remains: { loopback: open(init.remains.loopback), waiting: open(init.remains.waiting) },
    vitals: open(init.vitals),
    output: new Int32Array(new SharedArrayBuffer(12)),
    control: controlOf(send.bind(process), init.channelKey, linkOpener(fd, open)),
    giveUpFfi() {
      map = segment.reserve(fd, mostMappings)
      libc.forget()
    }
  }
}

/** Makes a link of what the supervisor has sent. */
type OpenLink = (link: ProcessLink, socket: Socket) => LinkInit

const linkOpener = (fd: number, open: (region: segment.Region) => SharedArrayBuffer): OpenLink => (link, socket) => {
  const { block, bulk, receives, sends, ...rest } = link
  const memory = { block: open(block), receives: open(receives), sends: open(sends) }
  const places = {
    fd,
    sends: { offset: bulk.sends, ledger: memory.sends },
    receives: { offset: bulk.receives, ledger: memory.receives }
  }
  return { ...rest, ...memory, port: { socket, bulk: places } }
}

const end = (): void => void process.kill(process.pid, "SIGKILL")

/** Has this process end with its parent, also while it spins or is in a native call. */
const endWith = (parent: number): void => {
  libc.libc().functions.prctl(dieWithParent, sigkill, 0n, 0n, 0n)
  // It may have died before.
  if (process.ppid !== parent) end()
}

/**
 * The channel to the supervisor, which is this thread's alone: nothing that a module does to `process` reaches it, and no listener of
 * "message" gets what it brings.
 */
const controlOf = (
  send: NonNullable<typeof process.send>,
  channelKey: string,
  openLink: OpenLink
): Control => {
  const early: Array<unknown> = []
  let receive = (message: unknown): void => void early.push(message)
  const isOwn = (message: unknown): message is ToProcess =>
    typeof message === "object" && message !== null && "channelKey" in message && message.channelKey === channelKey
  const onMessage = (message: unknown, handle: unknown): void => {
    if (!isLink(message)) return receive(message)
    // The link's other thread has died before it was opened.
    if (!(handle instanceof Socket)) return
    receive({ _tag: "Link", link: openLink(message.link, handle) })
  }
  const { emit, listenerCount } = process
  // Node's own, which take in sockets: a module may remove all listeners.
  const internal = process.rawListeners("internalMessage")
  Reflect.set(process, "emit", (...args: ReadonlyArray<unknown>): unknown => {
    const [event, message, handle] = args
    if (event === "message" && isOwn(message)) return onMessage(message.message, handle)
    if (event === "internalMessage") {
      return internal.forEach((listener) => Reflect.apply(listener, process, [message, handle]))
    }
    if (event === "disconnect" && !process.connected) return end()
    return Reflect.apply(emit, process, args)
  })
  for (const name of ["send", "disconnect"]) Reflect.deleteProperty(process, name)
  // Without a listener Node would keep messages back, and end the process when it has nothing to do.
  Reflect.set(
    process,
    "listenerCount",
    (...args: ReadonlyArray<unknown>): unknown =>
      Math.max(Number(Reflect.apply(listenerCount, process, args)), args[0] === "message" ? 1 : 0)
  )
  process.on("message", () => {})
  setInterval(() => {}, longestMillis)
  return {
    // A supervisor that is gone has ended this process, or is about to.
    postMessage: (message) => void send(message, undefined, undefined, () => {}),
    on(_, f) {
      receive = f
      for (const message of early.splice(0)) f(message)
    }
  }
}

const isLink = (message: unknown): message is { readonly _tag: "Link"; readonly link: ProcessLink } =>
  typeof message === "object" && message !== null && "_tag" in message && message._tag === "Link"

/** Has an error that nobody catches end this process without a word on standard error: the supervisor reports it. */
export const endUnprinted = (): void => {
  const { exit } = process
  process.on("uncaughtExceptionMonitor", () => {
    if (process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback()) return
    exit.call(process, 1)
  })
  const { emit } = process
  Reflect.set(process, "emit", (...args: ReadonlyArray<unknown>): unknown => {
    try {
      return Reflect.apply(emit, process, args)
    } catch (error) {
      if (args[0] !== "uncaughtException") throw error
      // A handler of errors has failed itself: a worker ends by that error, and a process would without a word of it.
      Reflect.apply(emit, process, ["uncaughtExceptionMonitor", error, "uncaughtException"])
      return exit.call(process, 1)
    }
  })
}
