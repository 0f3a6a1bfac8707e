/**
 * Hosts of their own for the machines of a test: network namespaces, whose packets a router forwards or drops.
 *
 * ```text
 *   a 10.213.1.2 --+
 *   b 10.213.2.2 --+-- router: rules say which packets from whom to whom are dropped
 *   db 10.213.9.2 -+
 * ```
 */
import { execFileSync } from "node:child_process"
import type { Where } from "./postgres.ts"

/** The hosts, and the third part of their addresses. */
const numbers = { a: 1, b: 2, c: 3, d: 4, db: 9 }
export type Host = keyof typeof numbers

const ip = (...args: ReadonlyArray<string>): void => {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] })
}

/** Why hosts can't be made here; nothing if they can. */
export const refusal = (): string | undefined => {
  const name = `heddle-${process.pid}-try`
  try {
    ip("netns", "add", name)
    ip("-n", name, "rule", "add", "from", "10.213.1.2", "to", "10.213.2.2", "blackhole")
    ip("netns", "delete", name)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error)
  }
}

/** The address of a host. */
export const addressOf = (host: Host): string => `10.213.${numbers[host]}.2`

/** Makes hosts. */
export const make = (names: ReadonlyArray<Host>) => {
  const prefix = `heddle-${process.pid}`
  const router = `${prefix}-router`
  const nameOf = (host: Host): string => `${prefix}-${host}`
  const inside = (host: Host): ReadonlyArray<string> => ["ip", "netns", "exec", nameOf(host)]
  const dropped = new Set<string>()
  const rule = (what: "add" | "delete", from: Host, to: Host, port?: number): void =>
    ip(
      "-n",
      router,
      "rule",
      what,
      "from",
      addressOf(from),
      "to",
      addressOf(to),
      ...port === undefined ? [] : ["ipproto", "tcp", "dport", `${port}`],
      "blackhole"
    )

  ip("netns", "add", router)
  ip("-n", router, "link", "set", "lo", "up")
  execFileSync("ip", ["netns", "exec", router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
  for (const host of names) {
    const name = nameOf(host)
    const network = `10.213.${numbers[host]}`
    ip("netns", "add", name)
    ip("-n", router, "link", "add", `to-${host}`, "type", "veth", "peer", "name", "eth0", "netns", name)
    ip("-n", router, "address", "add", `${network}.1/30`, "dev", `to-${host}`)
    ip("-n", router, "link", "set", `to-${host}`, "up")
    ip("-n", name, "link", "set", "lo", "up")
    ip("-n", name, "address", "add", `${network}.2/30`, "dev", "eth0")
    ip("-n", name, "link", "set", "eth0", "up")
    ip("-n", name, "route", "add", "default", "via", `${network}.1`)
  }

  return {
    /** The command that runs another one on a host. */
    inside,
    /** Where a database runs. */
    database: { inside: inside("db"), address: addressOf("db"), network: "10.213.0.0/16" } satisfies Where,
    /** Drops what one host sends to another one; `port`: only what is for that port, so that it can't connect there. */
    drop(from: Host, to: Host, port?: number): void {
      rule("add", from, to, port)
      dropped.add(JSON.stringify([from, to, port]))
    },
    /** Drops what two hosts send each other. */
    cut(one: Host, other: Host): void {
      this.drop(one, other)
      this.drop(other, one)
    },
    /** All packets arrive again. */
    heal(): void {
      for (const text of dropped) {
        const [from, to, port]: [Host, Host, number?] = JSON.parse(text)
        rule("delete", from, to, port ?? undefined)
      }
      dropped.clear()
    },
    remove(): void {
      for (const name of [...names.map(nameOf), router]) ip("netns", "delete", name)
    }
  }
}

export type Hosts = ReturnType<typeof make>
