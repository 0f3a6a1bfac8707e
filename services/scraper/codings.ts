/**
 * The content codings: gzip, deflate, br and zstd, as generators over the pieces of a body.
 */
import type { Transform } from "node:stream"
import * as Zlib from "node:zlib"

type Bytes = AsyncIterable<Uint8Array>
export type Decode = (source: Bytes) => AsyncGenerator<Uint8Array>

/** Returns what decodes a coding, undefined for one that we don't know. */
export const known = (coding: string): Decode | undefined => codings.get(coding)

/** Pieces that can be looked at before they are taken, and given back. */
const peekable = (source: Bytes) => {
  const pieces = source[Symbol.asyncIterator]()
  let held: Uint8Array = new Uint8Array(0)
  const next = async (): Promise<Uint8Array | undefined> => {
    if (held.byteLength > 0) {
      const piece = held
      held = new Uint8Array(0)
      return piece
    }
    const result = await pieces.next()
    return result.done === true ? undefined : result.value.byteLength > 0 ? result.value : next()
  }
  const giveBack = (bytes: Uint8Array): void => {
    held = held.byteLength === 0 ? bytes : Buffer.concat([bytes, held])
  }
  /** At least so many bytes, fewer only at the end. */
  const atLeast = async (count: number): Promise<Uint8Array> => {
    let bytes: Uint8Array = new Uint8Array(0)
    while (bytes.byteLength < count) {
      const piece = await next()
      if (piece === undefined) break
      bytes = bytes.byteLength === 0 ? piece : Buffer.concat([bytes, piece])
    }
    giveBack(bytes)
    return bytes
  }
  /** Leaves out so many bytes; says whether there were so many. */
  const skip = async (count: number): Promise<boolean> => {
    const bytes = await atLeast(count)
    if (bytes.byteLength < count) return false
    held = held.subarray(count)
    return true
  }
  return { next, giveBack, atLeast, skip }
}
type Peekable = ReturnType<typeof peekable>

/** Sends pieces through a decoder of Node's until the encoded data ends, and gives back what follows it. */
const through = async function*(source: Peekable, decoder: Transform & Zlib.Zlib): AsyncGenerator<Uint8Array> {
  let given = 0
  const feed = async () => {
    while (!decoder.readableEnded && !decoder.destroyed) {
      const piece = await source.next()
      if (piece === undefined) return void decoder.end()
      given += piece.byteLength
      await written(decoder, piece)
      // A decoder takes all it is given, unless the data ended before.
      const left = given - decoder.bytesWritten
      if (left > 0) return source.giveBack(piece.subarray(piece.byteLength - left))
    }
  }
  const fed = feed().catch((error: unknown) => void decoder.destroy(error instanceof Error ? error : undefined))
  try {
    yield* decoder
    await fed
  } finally {
    decoder.destroy()
  }
}

/** Waits until a piece has been decoded, or the decoder wants no more. */
const written = (decoder: Transform, piece: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      decoder.off("close", done).off("end", done)
      resolve()
    }
    decoder.once("close", done).once("end", done)
    decoder.write(piece, done)
  })

const simple = (decoder: () => Transform & Zlib.Zlib): Decode =>
  async function*(pieces) {
    const source = peekable(pieces)
    if ((await source.atLeast(1)).byteLength > 0) yield* through(source, decoder())
  }

/** "deflate" means zlib's format, and some servers send the bare one. The first byte tells which. */
const deflate: Decode = async function*(pieces) {
  const source = peekable(pieces)
  const [first] = await source.atLeast(1)
  if (first === undefined) return
  yield* through(source, (first & 0x0f) === 8 ? Zlib.createInflate() : Zlib.createInflateRaw())
}

/** Members of a gzip file, each of which takes a decoder of its own: half a million empty ones fit into ten megabytes. */
const mostMembers = 1000

/**
 * One member after the other; what follows the last one and isn't a member is ignored. Node's own decoder takes it for
 * damage, and drops what it has not handed out yet. Source: RFC 1952.
 */
const gzip: Decode = async function*(pieces) {
  const source = peekable(pieces)
  for (let members = 0;; members++) {
    const head = await source.atLeast(10)
    if (head.byteLength === 0 || (members > 0 && !isMember(head))) return
    if (!isMember(head)) throw new Error("incorrect header check")
    if (members === mostMembers) throw new Error(`more than ${mostMembers} members`)
    if (!await skipHeader(source, head[3] ?? 0)) throw new Error("unexpected end of file")
    let crc = 0
    for await (const piece of through(source, Zlib.createInflateRaw())) {
      crc = Zlib.crc32(piece, crc)
      yield piece
    }
    const trailer = await source.atLeast(8)
    // Some servers leave the trailer out, and browsers don't mind.
    if (trailer.byteLength < 8) return
    if (Buffer.from(trailer).readUInt32LE(0) !== crc) throw new Error("incorrect data check")
    await source.skip(8)
  }
}

/** Decodes what begins like a gzip file, and leaves all else as it is. */
export const unpacked: Decode = async function*(pieces) {
  const source = peekable(pieces)
  const rest = (async function*() {
    for (let piece = await source.next(); piece !== undefined; piece = await source.next()) yield piece
  })()
  if (isMember(await source.atLeast(10))) yield* gzip(rest)
  else yield* rest
}

const isMember = (head: Uint8Array): boolean =>
  head.byteLength >= 10 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8 && ((head[3] ?? 0) & 0xe0) === 0

const flag = { crc: 2, extra: 4, name: 8, comment: 16 } as const

const skipHeader = async (source: Peekable, flags: number): Promise<boolean> => {
  if (!await source.skip(10)) return false
  if ((flags & flag.extra) !== 0) {
    const [low = 0, high = 0] = await source.atLeast(2)
    if (!await source.skip(2 + low + 256 * high)) return false
  }
  for (const text of [flag.name, flag.comment]) if ((flags & text) !== 0 && !await skipText(source)) return false
  return (flags & flag.crc) === 0 || source.skip(2)
}

/** A text of the header ends with a NUL. */
const skipText = async (source: Peekable): Promise<boolean> => {
  for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
    const end = piece.indexOf(0)
    if (end < 0) continue
    source.giveBack(piece.subarray(end + 1))
    return true
  }
  return false
}

const codings: ReadonlyMap<string, Decode> = new Map([
  ["gzip", gzip],
  ["x-gzip", gzip],
  ["deflate", deflate],
  ["br", simple(() => Zlib.createBrotliDecompress())],
  ["zstd", simple(() => Zlib.createZstdDecompress())]
])
