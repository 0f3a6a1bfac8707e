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
  const [, six, other, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(address) ?? []
  const host = six ?? other
  const port = Number(digits)
  return host === undefined || !(port >= 1 && port <= 65_535) ? undefined : { host, port }
}

/** The inverse of `parse`. */
export const format = ({ host, port }: Address): string => host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
