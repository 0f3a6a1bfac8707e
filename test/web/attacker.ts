/**
 * A process that opens connections to a port of this machine, says something on each, and reads nothing.
 *
 * Arguments: port, count, `one` or `many` (addresses), the text. It writes "open" when all are open or refused.
 */
import { connect } from "node:net"

const [port, count, addresses, text = ""] = process.argv.slice(2)

/** All of 127.0.0.0/8 is this machine. */
const addressOf = (n: number): string => addresses === "many" ? `127.0.${1 + (n >> 7)}.${1 + (n & 127)}` : "127.0.0.1"

let left = Number(count)
const done = (): void => {
  if (--left === 0) process.stdout.write("open\n")
}

for (let n = 0; n < Number(count); n++) {
  const socket = connect({ port: Number(port), host: "127.0.0.1", localAddress: addressOf(n) })
  let opened = false
  const open = (): void => {
    if (!opened) done()
    opened = true
  }
  socket.once("connect", () => {
    if (text !== "") socket.write(text)
    socket.pause()
    open()
  })
  socket.on("error", open)
}
