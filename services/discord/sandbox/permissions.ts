/** Permissions as Discord writes them: bits of a number, in decimal. */

/** Every permission, of which Discord has 53 for now. */
const everything = (1n << 53n) - 1n
const administrator = 1n << 3n

/** Every permission but administrator: what everybody has at first. */
export const ofEverybody = String(everything & ~administrator)
export const ofOwner = String(everything)

/** Reads a bit field; what is none has no bits. */
export const bitsOf = (text: string): bigint => /^\d{1,20}$/.test(text) ? BigInt(text) : 0n

/** Whether somebody with the permissions `held` may do what takes all of `needed`. */
export const allow = (held: string, needed: string): boolean => {
  const has = bitsOf(held)
  return (has & administrator) !== 0n || (has & bitsOf(needed)) === bitsOf(needed)
}

/** The permissions of somebody who has several roles. */
export const union = (fields: ReadonlyArray<string>): string =>
  String(fields.reduce((all, field) => all | bitsOf(field), 0n))
