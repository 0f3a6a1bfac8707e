/** Discord's transport compression `zlib-stream`: all messages of a connection are one zlib stream. */
import { constants, deflateRawSync } from "node:zlib"

const windowBytes = 32 * 1024
const zlibHeader = Buffer.from([0x78, 0x9c])

/**
 * Makes the compressor of one connection. Each message ends with a sync flush (00 00 ff ff).
 *
 * **Details**
 * - A deflate context is the last 32 KiB of plain text, so handing them over as the dictionary continues the stream;
 *   being synchronous, it keeps messages and the close frame in order.
 */
export const zlibStream = (): (message: string) => Buffer => {
  let seen: Buffer = Buffer.alloc(0)
  let first = true
  return (message) => {
    const plain = Buffer.from(message)
    const packed = deflateRawSync(plain, {
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(first ? {} : { dictionary: seen })
    })
    const header = first ? zlibHeader : Buffer.alloc(0)
    first = false
    seen = Buffer.concat([seen, plain]).subarray(-windowBytes)
    return Buffer.concat([header, packed])
  }
}
