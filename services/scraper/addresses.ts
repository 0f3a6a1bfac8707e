/**
 * Which addresses the scraper may reach.
 *
 * A page must not make us fetch what only this machine or its network can see (SSRF). The rule is applied twice: to the
 * URL of each hop before anything is sent, and to the address that a name resolved to, when the socket connects
 * (`connections.ts`), so that a name that resolves differently the second time gains nothing.
 */
import { BlockList, isIP } from "node:net"
import type { Settings } from "./settings.ts"

/** Everything that is not the public internet. Source: IANA special-purpose address registries, RFC 6890. */
export const privateNetworks: ReadonlyArray<string> = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/127",
  // Translated and tunnelled IPv4, behind which any of the above may be.
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2001::/32",
  "2002::/16",
  "100::/64",
  "2001:2::/48",
  "2001:10::/28",
  "2001:20::/28",
  "2001:db8::/32",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8"
]

/** The same as Node's sockets understand it. It also catches IPv4 written as IPv6 (`::ffff:127.0.0.1`). */
export const privateAddresses = new BlockList()
for (const network of privateNetworks) {
  const [address = "", bits] = network.split("/")
  privateAddresses.addSubnet(address, Number(bits), family(address))
}

/** Names that are never the public internet's. Source: RFC 6761, RFC 6762, RFC 8375, ICANN `.internal`. */
const privateName = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa)$/

/** Hosts that are this machine by their very name; other names may resolve to it, and are not exempt. */
const loopback = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/

type Rules = Pick<Settings, "allowPrivate" | "allowLoopback" | "allowOrigins">

/** Writes where a URL leads, as in `SCRAPER_ALLOW_ORIGINS`: `host:port`. */
export const hostAndPort = (url: URL): string => `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`

/** Says whether the operator lifted the guard for this origin. */
export const isExempt = (rules: Rules, origin: string): boolean =>
  rules.allowPrivate || rules.allowOrigins.has(origin) || (rules.allowLoopback && loopback.test(origin))

/**
 * Says why a URL must not be fetched, as far as the URL itself shows it; undefined when it may.
 *
 * **Gotchas**
 * - A public name that resolves to a private address is found when the socket connects. Behind a proxy nobody can: there
 *   the names that are known to be private are all that is refused.
 */
export const whyForbidden = (rules: Rules, url: URL): string | undefined => {
  const origin = hostAndPort(url)
  if (isExempt(rules, origin)) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "")
  if (isIP(host) ? privateAddresses.check(host, family(host)) : privateName.test(host)) return privateOrigin(origin)
  const port = Number(url.port)
  if (port > 0 && port < 1024 && port !== 80 && port !== 443) {
    return `port ${port} is not one of the web's; SCRAPER_ALLOW_ORIGINS=${origin} allows it`
  }
  return undefined
}

/** The refusal of a private address, and the settings that lift it. */
export const privateOrigin = (origin: string): string =>
  `${origin} is a private address; SCRAPER_ALLOW_ORIGINS=${origin} allows this server, ` +
  `SCRAPER_ALLOW_PRIVATE=true all private ones`

function family(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4"
}
