/**
 * A process that wishes HTTP servers ill, for as long as it lives. Arguments: the URLs of the servers.
 *
 * It is a process of its own, so that what it costs the attacker is not taken for what it costs the attacked.
 */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { attacks } from "./hostileRequests.ts"

/** All of 127.0.0.0/8 is this machine, so an attacker has many addresses. */
const addressOf = (n: number): string => n % 2 === 0 ? "127.0.0.1" : `127.0.${1 + (n >> 7) % 200}.${1 + (n & 127)}`

const most = 600
const open = new Set<Socket>()
let nth = 0
const counts: Record<string, number> = {}

const attack = async (target: URL): Promise<void> => {
  const [name, play] = attacks[nth % attacks.length] ?? ["nothing", () => {}]
  const socket = connect({ port: Number(target.port), host: "127.0.0.1", localAddress: addressOf(nth++) })
  counts[name] = (counts[name] ?? 0) + 1
  open.add(socket)
  socket.on("error", () => {}).on("close", () => open.delete(socket))
  socket.on("connect", () => play(socket, target))
  // The oldest give way, so that each kind has its turn.
  const [oldest] = open
  if (open.size > most && oldest !== undefined) oldest.destroy()
}

const targets = process.argv.slice(2).map((url) => new URL(url))
const timer = setInterval(() => {
  for (const target of targets) for (let n = 0; n < 2; n++) void attack(target)
}, 20)

process.stdin.resume()
await once(process.stdin, "end")
clearInterval(timer)
for (const socket of open) socket.destroy()
process.stdout.write(JSON.stringify(counts))
