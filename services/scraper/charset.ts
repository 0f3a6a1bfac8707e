/**
 * Finds out what the bytes of a document are: text in which charset, or no text at all.
 *
 * The charset by byte order mark, then header, then the document's own word (`html-encoding-sniffer`, which follows the
 * HTML Standard); what is binary by the MIME Sniffing Standard.
 */
import * as Option from "effect/Option"
import sniffEncoding from "html-encoding-sniffer"

/** The bytes that are looked at. Sources: HTML Standard, 1024; MIME Sniffing Standard, 1445. */
export const sniffBytes = 1445

/** Turns the bytes of a document into text. */
export interface Decoder {
  readonly decode: (bytes: Uint8Array) => string
  readonly end: () => string
  /** Whether the first bytes are not text; false until there are enough of them. */
  readonly isBinary: () => boolean
}

/** Begins to decode a document; keeps back its first bytes until there are enough to tell the charset. */
export const streaming = (contentType: string, kind: "html" | "xml" | "text" = "html"): Decoder => {
  let head = new Uint8Array(0)
  let decoder: Pick<TextDecoder, "decode"> | undefined
  let binary = false
  const begin = (whole: boolean) => {
    const charset = sniff(head, contentType, whole, kind)
    binary = looksBinary(head, charset, kind === "text" || contentType === "")
    decoder = decoderOf(charset)
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
    end: () => (decoder === undefined ? begin(true) : "") + (decoder?.decode() ?? ""),
    isBinary: () => binary
  }
}

/**
 * Returns the charset of a document by its first bytes and its `Content-Type`.
 *
 * **Details**
 * - Without any hint, UTF-8 if the head is UTF-8, else windows-1252. Unknown labels count as no hint.
 * - `whole`: there is nothing behind the head; else it may end in the middle of a character.
 */
export const sniff = (
  head: Uint8Array,
  contentType: string,
  whole: boolean,
  kind: "html" | "xml" | "text" = isXml(contentType) ? "xml" : "html"
): string => {
  const label = ofHeader(contentType)
  const options = {
    ...(label === undefined ? {} : { transportLayerEncodingLabel: label }),
    defaultEncoding: guess(head, whole)
  }
  // Plain text can't say what it is written in: it is looked at like a page that doesn't say.
  const declared = kind === "text" ? head.subarray(0, 3) : head
  return sniffEncoding(declared, { xml: kind === "xml", ...options }).toLowerCase()
}

const isXml = (contentType: string): boolean => /^[^;]{0,100}\bxml\b/i.test(contentType) && !/xhtml/i.test(contentType)

const ofHeader = (contentType: string): string | undefined =>
  /(?:^|[;,\s])charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType.slice(0, 500))?.[1]

const guess = (head: Uint8Array, whole: boolean): string => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: !whole })
    return "UTF-8"
  } catch {
    return "windows-1252"
  }
}

const knownDecoder = Option.liftThrowable((charset: string) => new TextDecoder(charset))

/**
 * The standard reads charsets that are dangerous (ISO-2022-KR, HZ) as one mark of replacement, and so do we. Some Nodes don't know
 * all others (ISO-8859-16): those are read as the web's usual one.
 */
const decoderOf = (charset: string): Pick<TextDecoder, "decode"> => {
  if (charset !== "replacement") return Option.getOrElse(knownDecoder(charset), () => new TextDecoder("windows-1252"))
  let said = false
  return {
    decode: () => {
      if (said) return ""
      said = true
      return "\uFFFD"
    }
  }
}

/**
 * Whether the first bytes are no text.
 *
 * **Details**
 * - `strict`: of what calls itself plain text, or nothing, one control character that no text has is enough; of a page it
 *   takes a NUL and another one, or the beginning of a file that is no page. In UTF-16 both are part of the text.
 */
const looksBinary = (head: Uint8Array, charset: string, strict: boolean): boolean => {
  if (charset.startsWith("utf-16")) return false
  const first = head.subarray(0, sniffBytes)
  if (fileMarks.some((mark) => mark.every((byte, at) => first[at] === byte))) return true
  const control = first.some((byte) => byte !== 0 && isControl(byte))
  return strict ? control || first.includes(0) : control && first.includes(0)
}

/** Source: MIME Sniffing Standard, "binary data byte". */
const isControl = (byte: number): boolean =>
  byte <= 0x08 || byte === 0x0b || (byte >= 0x0e && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f)

/** PDF, PostScript, gzip, PNG, JPEG, GIF, ZIP, WebP and its kin, Ogg, programs of Unix. */
const fileMarks = [
  "%PDF-",
  "%!PS-Adobe-",
  "\x1f\x8b\x08",
  "\x89PNG",
  "\xff\xd8\xff",
  "GIF8",
  "PK\x03\x04",
  "RIFF",
  "OggS",
  "\x7fELF"
]
  .map((mark) => Array.from(mark, (character) => character.charCodeAt(0)))
