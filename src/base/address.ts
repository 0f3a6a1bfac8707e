/**
 * Addresses of machines as people write them: `10.0.0.7:7400`, `db.internal:7400`, `[::1]:7400`.
 */

/** A host, and a port of it. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Host and port of an address; an IPv6 address is in brackets. Nothing if it is none. */
export const parse = (address: string): Address | undefined => {
  const [, six, other, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/\\?#@%]+)):(\d{1,5})$/.exec(address) ?? []
  const host = six ?? other
  const port = Number(digits)
  // What looks like an IP address has to be one.
  const isRight = port >= 1 && port <= 65_535 && URL.canParse(`http://${address}`)
  return host === undefined || !isRight ? undefined : { host, port }
}

/** Those that mean all addresses of a computer. */
const all = new Set(["0.0.0.0", "::", "::0", "0:0:0:0:0:0:0:0"])

/** What is wrong with a text as the address of a machine; goes on after the text. Nothing if it may be one. */
export const flawOf = (text: string, isToListen: boolean): string | undefined => {
  const parsed = parse(text)
  if (parsed === undefined) {
    return /^[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F:.]*$/.test(text)
      ? "is no address such as \"10.0.0.7:7400\"; an IPv6 address is in brackets: \"[fd00::7]:7400\""
      : "is no address such as \"10.0.0.7:7400\""
  }
  return all.has(parsed.host) && !isToListen
    ? "is no address that others can reach; write it as cluster.listen, and as cluster.address how they reach this machine"
    : undefined
}

/** The inverse of `parse`. */
export const format = ({ host, port }: Address): string => host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
