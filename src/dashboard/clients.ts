/**
 * Decides which client a request or connection counts for: its address, or behind a trusted proxy the one that the
 * proxy names.
 */
import { BlockList, isIP } from "node:net"

/** The addresses of the proxies in front of this server. */
export type Proxies = Pick<BlockList, "check">

/** Trusts nobody: every request counts for the address that it comes from. */
export const noProxies: Proxies = { check: () => false }

/** Reads a list of addresses and networks (`10.0.0.5`, `10.0.0.0/8`, `fd00::/8`); answers with the first faulty entry. */
export const parseProxies = (entries: ReadonlyArray<string>): Proxies | { readonly faulty: string } => {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = "", bits, ...rest] = entry.split("/")
    const version = isIP(address)
    const longest = version === 6 ? 128 : 32
    const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (version === 0 || rest.length > 0 || !(prefix <= longest)) return { faulty: entry }
    list.addSubnet(address, prefix, version === 6 ? "ipv6" : "ipv4")
  }
  return list
}

/** Decides whether the address is a proxy's. */
export const isProxy = (proxies: Proxies, address: string): boolean => {
  const plain = withoutMapping(address)
  const version = isIP(plain)
  return version !== 0 && proxies.check(plain, version === 6 ? "ipv6" : "ipv4")
}

/**
 * Finds the address that a request counts for.
 *
 * **Details**
 * - `forwardedFor` is the header `X-Forwarded-For`. It is believed only as far as trusted proxies wrote it: the answer is
 *   the last address in it that is no proxy's, because each proxy appends the one that it was called from.
 */
export const clientAddress = (remote: string, forwardedFor: string | undefined, proxies: Proxies): string => {
  if (!isProxy(proxies, remote) || forwardedFor === undefined) return remote
  const named = forwardedFor.split(",").map(withoutPort).filter((address) => isIP(address) !== 0)
  return named.findLast((address) => !isProxy(proxies, address)) ?? named[0] ?? remote
}

/** Names what belongs together: an address of IPv4, or the 64 bits of IPv6 that one customer usually has. */
export const networkOf = (address: string): string => {
  const plain = withoutMapping(address)
  return plain.includes(":") ? groupsOf(plain).slice(0, 4).join(":") : plain
}

/** An address of IPv4 as IPv6 sockets show it. */
const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "")

const withoutPort = (entry: string): string => {
  const text = entry.trim()
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(text)
  return bracketed?.[1] ?? (/^[\d.]+:\d+$/.test(text) ? text.replace(/:\d+$/, "") : text)
}

/** The eight groups of an address of IPv6, `::` written out. */
const groupsOf = (address: string): ReadonlyArray<string> => {
  const [head = "", tail] = address.toLowerCase().split("::")
  const before = head === "" ? [] : head.split(":")
  const after = tail === undefined || tail === "" ? [] : tail.split(":")
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array.from({ length: zeros }, () => "0"), ...after].map((group) =>
    group.replace(/^0+(?=.)/, "")
  )
}
