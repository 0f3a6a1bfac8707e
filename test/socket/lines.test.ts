import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as lines from "../../src/socket/lines.ts"

const texts = (read: ReturnType<typeof lines.reader>, ...chunks: ReadonlyArray<string>) =>
  chunks.flatMap((chunk) => read(Buffer.from(chunk))).map((line) => typeof line === "string" ? line : line.message)

describe("Lines", () => {
  it("Lines arrive whole, however they are cut, characters of several bytes as well.", () => {
    assert.deepStrictEqual(texts(lines.reader(100), "a", "b\nc\n\nd"), ["ab", "c", ""])
    const read = lines.reader(100)
    const bytes = Buffer.from("grün\n")
    assert.deepStrictEqual(Array.from(bytes, (byte) => read(Buffer.from([byte]))).flat(), ["grün"])
  })

  it("C6: A line that is too long is found before it has ended, and one of just the length is not.", () => {
    assert.deepStrictEqual(texts(lines.reader(3), "abc\n"), ["abc"])
    assert.deepStrictEqual(texts(lines.reader(3), "a\nabcd"), ["a", "longer than 3 bytes"])
    assert.deepStrictEqual(texts(lines.reader(3), "ab", "cd\n"), ["longer than 3 bytes"])
  })

  it("C6: A reader that does not ask holds the writer up.", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-lines-"))
    const server = createServer().listen(join(folder, "s"))
    await once(server, "listening")
    const reader = connect(join(folder, "s"))
    const [writer] = await once(server, "connection")
    const received = lines.pull(reader, 1_000_000)
    let written = 0
    const more = (): void =>
      lines.write(writer, "x".repeat(100_000), () => {
        written++
        if (written < 1000) setImmediate(more)
      })
    more()
    assert.strictEqual((await received.next())?.toString().length, 100_000)
    const stalled = await new Promise<number>((resolve) => {
      let before = -1
      const look = setInterval(() => {
        if (written === before) {
          clearInterval(look)
          resolve(written)
        }
        before = written
      }, 100)
    })
    assert.isBelow(stalled, 100)
    assert.isBelow(writer.writableLength, 1_000_000)
    for (let read = 1; read < 1000; read++) assert.strictEqual((await received.next())?.toString().length, 100_000)
    assert.strictEqual(written, 1000)
    reader.destroy()
    server.close()
    rmSync(folder, { recursive: true })
  })
})
