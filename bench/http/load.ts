/**
 * Loads an HTTP server on loopback with as little work of its own as possible: requests are written by hand, answers are
 * told apart by their length.
 */
import { connect, type Socket } from "node:net"
import type { Measurements } from "../contestant.ts"

/**
 * One connection that is kept alive. Each `ask` is a request; it completes when the answer is complete, and says whether the
 * server takes another request on this connection.
 */
const open = async (
  port: number,
  path: string
): Promise<{ readonly ask: () => Promise<boolean>; readonly socket: Socket }> => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true })
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: */*\r\n\r\n`
  let arrived = ""
  let answered = (_goesOn: boolean) => {}
  let failed = (_error: Error) => {}
  socket.setEncoding("latin1").on("data", (text: string) => {
    arrived += text
    const end = arrived.indexOf("\r\n\r\n")
    const length = /content-length: (\d+)/i.exec(arrived)?.[1]
    if (end < 0 || length === undefined || arrived.length < end + 4 + Number(length)) return
    if (!arrived.startsWith("HTTP/1.1 200")) throw new Error(arrived)
    const goesOn = !/^connection: close/im.test(arrived)
    arrived = ""
    answered(goesOn)
  })
  socket.once("close", () => failed(new Error("the server closed a connection that waited for an answer")))
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()))
  return {
    socket,
    ask: () =>
      new Promise((resolve, reject) => {
        answered = resolve
        failed = reject
        socket.write(request)
      })
  }
}

const paths = ["/hello", "/livez"]

export default (): Promise<Measurements> =>
  Promise.resolve({
    /** Answers a second that so many connections get within so many milliseconds. */
    async full(port = 0, path = 0, connections = 1, millis = 0) {
      const all = await Promise.all(Array.from({ length: connections }, () => open(port, paths[path] ?? "/")))
      const until = performance.now() + millis
      let answers = 0
      await Promise.all(all.map(async ({ ask }) => {
        while (performance.now() < until) {
          await ask()
          answers++
        }
      }))
      for (const { socket } of all) socket.destroy()
      return [answers / millis * 1000]
    },
    /** The microseconds of each request when they come at a steady rate, whatever became of the ones before. */
    async paced(port = 0, path = 0, perSecond = 1, millis = 0) {
      const free = await Promise.all(Array.from({ length: 32 }, () => open(port, paths[path] ?? "/")))
      const all = [...free]
      const micros: Array<number> = []
      const asked: Array<Promise<void>> = []
      const began = performance.now()
      for (let due = 0; due < perSecond * millis / 1000;) {
        const now = performance.now()
        for (; began + due * 1000 / perSecond <= now; due++) {
          const wanted = began + due * 1000 / perSecond
          const connection = free.pop() ?? await open(port, paths[path] ?? "/")
          if (!all.includes(connection)) all.push(connection)
          asked.push(
            connection.ask().then((goesOn) => {
              micros.push((performance.now() - wanted) * 1000)
              if (goesOn) free.push(connection)
            })
          )
        }
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      await Promise.all(asked)
      for (const { socket } of all) socket.destroy()
      return micros
    }
  })
