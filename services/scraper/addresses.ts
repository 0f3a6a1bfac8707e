/**
 * Which addresses the scraper may reach.
 *
 * A page must not make us fetch what only this machine or its network can see (SSRF). The rule is applied twice: to the
 * URL of each hop before anything is sent, and to the address that a name resolved to, when the socket connects
 * (`connections.ts`), so that a name that resolves differently the second time gains nothing.
 */
import { BlockList, isIP } from "node:net"
import type { Settings } from "./settings.ts"

/** The longest address that is fetched, in characters. Source: RFC 9110, 4.1, asks for 8000 at least. */
export const longestUrl = 8192

/** What is not the public internet of IPv4. Source: IANA special-purpose address registries, RFC 6890. */
const privateIPv4: ReadonlyArray<string> = [
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
  "240.0.0.0/4"
]

/**
 * What is not in use, or stands for an address of IPv4 that may be any, inside of 2000::/3, the only part of IPv6 that is
 * the public internet's. Source: IANA IPv6 special-purpose address registry.
 */
const privateIPv6: ReadonlyArray<string> = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]

/**
 * Where clouds give the machine its keys: Amazon, Google, Azure and many others; Azure's WireServer; Alibaba; Oracle;
 * Amazon by IPv6. Most are private anyway; these stay closed when private addresses are open.
 */
const metadata: ReadonlyArray<string> = [
  "169.254.0.0/16",
  "168.63.129.16/32",
  "100.100.100.200/32",
  "192.0.0.192/32",
  "fd00:ec2::/32",
  "fd20:ce::254/128"
]

/**
 * All of IPv6 but 2000::/3, around the addresses of IPv4 written as IPv6 (`::ffff:127.0.0.1`): Node compares those with the
 * networks of IPv4 *and* an address of IPv4 with networks that contain them.
 */
const outsideIPv6 = (): ReadonlyArray<string> => {
  const mapped = 0xffffn << 32n
  const around = Array.from({ length: 93 }, (_, n) => {
    const bits = 96 - n
    const flipped = ((mapped >> BigInt(128 - bits)) ^ 1n) << BigInt(128 - bits)
    return `${(flipped.toString(16).padStart(32, "0").match(/.{4}/g) ?? []).join(":")}/${bits}`
  })
  return [...around, "4000::/2", "8000::/1"]
}

const blockListOf = (networks: ReadonlyArray<string>): BlockList => {
  const list = new BlockList()
  for (const network of networks) {
    const [address = "", bits] = network.split("/")
    list.addSubnet(address, Number(bits), family(address))
  }
  return list
}

/** Everything that is not the public internet. It also catches IPv4 written as IPv6 (`::ffff:127.0.0.1`). */
export const privateAddresses = blockListOf([...privateIPv4, ...privateIPv6, ...outsideIPv6(), ...metadata])

/** What stays closed when private addresses are open. */
export const metadataAddresses = blockListOf(metadata)

/**
 * Names that are never the public internet's. Source: RFC 6761, RFC 6762, RFC 8375, ICANN `.internal`, and the endings that
 * ICANN gives to nobody because networks use them inside.
 */
const privateName =
  /(^|\.)(localhost|localdomain|local|internal|intranet|private|lan|home|corp|mail|home\.arpa|invalid)$/

/** Names of clouds' metadata services; behind a proxy nobody sees where they lead. */
const metadataName = /^(metadata|instance-data)(\.|$)/

/** Hosts that are this machine by their very name; other names may resolve to it, and are not exempt. */
const loopback = /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost):\d+$/

type Rules =
  & Pick<Settings, "allowPrivate" | "allowLoopback" | "allowOrigins">
  & { readonly proxy?: Settings["proxy"] | undefined }

/** Writes where a URL leads, as in `SCRAPER_ALLOW_ORIGINS`: `host:port`. */
export const hostAndPort = (url: URL): string => `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`

/** Says whether the operator named this origin. */
export const namedOrigin = (rules: Pick<Rules, "allowOrigins">, origin: string): boolean =>
  rules.allowOrigins.has(origin)

/** Says whether the operator lifted the guard for this origin. */
export const isExempt = (rules: Rules, origin: string): boolean =>
  rules.allowPrivate || namedOrigin(rules, origin) || (rules.allowLoopback && loopback.test(origin))

/** Says whether another host's page or redirect must not lead here: `SCRAPER_ALLOW_LOOPBACK` is for the operator. */
export const isOperatorsOnly = (rules: Rules, url: URL, from: URL): boolean => {
  const origin = hostAndPort(url)
  const free = rules.allowPrivate || namedOrigin(rules, origin)
  return !free && rules.allowLoopback && loopback.test(origin) && hostAndPort(from) !== origin
}

/**
 * Says why a URL must not be fetched, as far as the URL itself shows it; undefined when it may.
 *
 * **Details**
 * - `from`: the address that redirects here; undefined for the one that was asked for.
 *
 * **Gotchas**
 * - A public name that resolves to a private address is found when the socket connects. Behind a proxy nobody can: there
 *   names that are known to be private, and those without a dot, are all that is refused.
 */
export const whyForbidden = (rules: Rules, url: URL, from?: URL): string | undefined => {
  const origin = hostAndPort(url)
  if (namedOrigin(rules, origin)) return undefined
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "")
  const version = isIP(host)
  if (isMetadata(host, version)) return metadataOrigin(origin)
  if (isExempt(rules, origin)) {
    return from === undefined || !isOperatorsOnly(rules, url, from) ? undefined : loopbackOrigin(origin)
  }
  if (isPrivate(host, version)) return privateOrigin(origin)
  return unreachableName(rules, host, version, origin) ?? forbiddenPort(Number(url.port), origin)
}

const isMetadata = (host: string, version: number): boolean =>
  version === 0 ? metadataName.test(host) : metadataAddresses.check(host, family(host))

const isPrivate = (host: string, version: number): boolean =>
  version === 0 ? privateName.test(host) : privateAddresses.check(host, family(host))

/** Names that lead nowhere, or somewhere else, by the way that requests go. */
const unreachableName = (
  { proxy }: Pick<Rules, "proxy">,
  host: string,
  version: number,
  origin: string
): string | undefined => {
  if (proxy === undefined) {
    return host.endsWith(".onion") ? `${origin} is reached through Tor only; set SCRAPER_PROXY` : undefined
  }
  return version === 0 && !host.includes(".")
    ? `${origin} has no dot, so it is a name of the proxy's own network; SCRAPER_ALLOW_ORIGINS=${origin} allows it`
    : undefined
}

const forbiddenPort = (port: number, origin: string): string | undefined =>
  port > 0 && port < 1024 && port !== 80 && port !== 443
    ? `port ${port} is not one of the web's; SCRAPER_ALLOW_ORIGINS=${origin} allows it`
    : undefined

const metadataOrigin = (origin: string): string =>
  `${origin} is where a cloud keeps the keys of this machine; SCRAPER_ALLOW_ORIGINS=${origin} allows it`

const loopbackOrigin = (origin: string): string =>
  `${origin} is this machine, and SCRAPER_ALLOW_LOOPBACK is for what you ask for yourself; ` +
  `SCRAPER_ALLOW_ORIGINS=${origin} allows it to others`

/** The refusal of a private address, and the settings that lift it. */
export const privateOrigin = (origin: string): string =>
  `${origin} is a private address; SCRAPER_ALLOW_ORIGINS=${origin} allows this server, ` +
  `SCRAPER_ALLOW_PRIVATE=true all private ones`

function family(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4"
}
