/**
 * Finds out in which charset a document is written: byte order mark, then header, then the document's own word.
 */

/** The bytes in which a document must declare its charset. Source: HTML Standard, "prescan a byte stream". */
export const sniffBytes = 1024

/** Turns the bytes of a document into text. */
export interface Decoder {
  readonly decode: (bytes: Uint8Array) => string
  readonly end: () => string
}

/** Begins to decode a document; keeps back its first bytes until there are enough to tell the charset. */
export const streaming = (contentType: string): Decoder => {
  let head = new Uint8Array(0)
  let decoder: TextDecoder | undefined
  const begin = (whole: boolean) => {
    decoder = new TextDecoder(sniff(head, contentType, whole))
    return decoder.decode(head, { stream: true })
  }
  return {
    decode: (bytes) => {
      if (decoder !== undefined) return decoder.decode(bytes, { stream: true })
      const longer = new Uint8Array(head.byteLength + bytes.byteLength)
      longer.set(head)
      longer.set(bytes, head.byteLength)
      head = longer
      return head.byteLength < sniffBytes ? "" : begin(false)
    },
    end: () => (decoder === undefined ? begin(true) : "") + (decoder?.decode() ?? "")
  }
}

/**
 * Returns the charset of a document by its first bytes and its `Content-Type`.
 *
 * **Details**
 * - Without any hint, UTF-8 if the head is UTF-8, else windows-1252. Unknown labels count as no hint.
 * - `whole`: there is nothing behind the head; else it may end in the middle of a character.
 */
export const sniff = (head: Uint8Array, contentType: string, whole: boolean): string =>
  ofMark(head) ?? ofHeader(contentType) ?? ofDeclaration(head) ?? guess(head, whole)

const ofMark = (head: Uint8Array): string | undefined => {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return "utf-8"
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be"
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le"
  return undefined
}

const ofHeader = (contentType: string): string | undefined =>
  known(/charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType)?.[1])

const ofDeclaration = (head: Uint8Array): string | undefined => {
  const text = new TextDecoder("latin1").decode(head.subarray(0, sniffBytes))
  const declared = known(
    (/<meta\s[^>]*?charset\s*=\s*["']?\s*([^\s"'/>;]+)/i.exec(text) ??
      /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"']+)/i.exec(text))?.[1]
  )
  // We could read the declaration, so the document isn't in UTF-16 whatever it says.
  return declared?.startsWith("utf-16") ? "utf-8" : declared
}

const guess = (head: Uint8Array, whole: boolean): string => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: !whole })
    return "utf-8"
  } catch {
    return "windows-1252"
  }
}

const known = (label: string | undefined): string | undefined => {
  try {
    return label === undefined ? undefined : new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}
