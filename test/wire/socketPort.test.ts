import { afterAll, assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bulkBytes } from "../../src/shared/bulk.ts"
import * as ledger from "../../src/shared/ledger.ts"
import { type BulkPlaces, SocketPort } from "../../src/wire/socketPort.ts"

const folder = mkdtempSync(join(tmpdir(), "heddle-sockets-"))
const fd = openSync(join(folder, "memory"), "w+")
const sockets: Array<Socket> = []
const server = createServer({ allowHalfOpen: true })
const path = join(folder, "socket")
const listening = new Promise<void>((resolve) => server.listen(path, resolve))
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

let used = 0

/** Two ports that are linked; `shared`: the descriptor of the file for large values. */
const linked = async (shared = fd): Promise<readonly [SocketPort, SocketPort]> => {
  await listening
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve))
  const one = connect({ path, allowHalfOpen: true })
  const [other] = await Promise.all([accepted, once(one, "connect")])
  sockets.push(one, other)
  const place = () => ({ offset: used++ * bulkBytes, ledger: ledger.allocate() })
  const [forth, back] = [place(), place()]
  const places = (sends: BulkPlaces["sends"], receives: BulkPlaces["receives"]) => ({ fd: shared, sends, receives })
  return [new SocketPort(one, places(forth, back)), new SocketPort(other, places(back, forth))]
}

/** The next batches that arrive. */
const arriving = (port: SocketPort, count: number): Promise<ReadonlyArray<ReadonlyArray<unknown>>> =>
  new Promise((resolve) => {
    const all: Array<ReadonlyArray<unknown>> = []
    port.on("message", (parts) => {
      all.push(parts)
      if (all.length === count) resolve(all)
    })
  })

const bytesOf = (length: number, value: number): Uint8Array<ArrayBuffer> => new Uint8Array(length).fill(value)

describe("a port over a socket", () => {
  it("Values of all sizes arrive in order and as sent, more of them than there is room for in shared memory.", async () => {
    const [here, there] = await linked()
    const lengths = [0, 1, 32_767, 32_768, 2 ** 20, 5, 3 * 2 ** 20, 2 ** 20, bulkBytes + 1, 100_000, bulkBytes, 7]
    const arrived = arriving(there, lengths.length)
    lengths.forEach((length, index) => here.postMessage([index, bytesOf(length, index), "end"]))
    const batches = await arrived
    batches.forEach(([index, bytes, end], at) => {
      assert.deepStrictEqual([index, end], [at, "end"])
      assert.isTrue(bytes instanceof Uint8Array && Buffer.from(bytes).equals(bytesOf(lengths[at] ?? -1, at)))
    })
  })

  it("Two views of one large buffer are views of one buffer where they arrive.", async () => {
    const [here, there] = await linked()
    const arrived = arriving(there, 1)
    const { buffer } = bytesOf(100_000, 3)
    here.postMessage([new Uint8Array(buffer, 10, 20), new Uint16Array(buffer, 100), buffer])
    const [[first, second, third] = []] = await arrived
    assert.isTrue(first instanceof Uint8Array && second instanceof Uint16Array && third instanceof ArrayBuffer)
    if (!(first instanceof Uint8Array) || !(second instanceof Uint16Array)) return
    assert.deepStrictEqual([first.byteOffset, first.length, second.byteOffset], [10, 20, 100])
    assert.strictEqual(first.buffer, second.buffer)
    assert.strictEqual(first.buffer, third)
  })

  it("What moves is gone where it was, and what does not stays.", async () => {
    const [here, there] = await linked()
    const arrived = arriving(there, 1)
    const [moved, kept, few] = [bytesOf(100_000, 1), bytesOf(100_000, 2), bytesOf(10, 3)]
    here.postMessage([moved, kept, few], [moved.buffer, few.buffer])
    assert.deepStrictEqual([moved.length, kept.length, few.length], [0, 100_000, 0])
    const [[first, second, third] = []] = await arrived
    assert.deepStrictEqual([first, second, third], [bytesOf(100_000, 1), bytesOf(100_000, 2), bytesOf(10, 3)])
  })

  it("What can't be cloned throws and takes no room, and what follows arrives.", async () => {
    const [here, there] = await linked()
    const arrived = arriving(there, 1)
    for (let count = 0; count < 10; count++) {
      assert.throws(() => here.postMessage([bytesOf(bulkBytes, 1), () => 1]), "could not be cloned")
    }
    assert.throws(
      () => here.postMessage([1], [new SharedArrayBuffer(1)].map((memory) => Object(memory))),
      "can't leave its process"
    )
    here.postMessage([bytesOf(bulkBytes, 7)])
    const [[bytes] = []] = await arrived
    assert.isTrue(bytes instanceof Uint8Array && Buffer.from(bytes).equals(bytesOf(bulkBytes, 7)))
  })

  it("Where shared memory can't be written, large values go by the socket.", async () => {
    const [here, there] = await linked(9999)
    const arrived = arriving(there, 1)
    here.postMessage([bytesOf(2 ** 20, 7)])
    const [[bytes] = []] = await arrived
    assert.isTrue(bytes instanceof Uint8Array && Buffer.from(bytes).equals(bytesOf(2 ** 20, 7)))
  })

  it("A resizable buffer stays resizable.", async () => {
    const [here, there] = await linked()
    const arrived = arriving(there, 1)
    here.postMessage([new Uint8Array(new ArrayBuffer(50_000, { maxByteLength: 60_000 }))])
    const [[bytes] = []] = await arrived
    assert.isTrue(bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer && bytes.buffer.resizable)
  })

  it("A port that is closed while a batch is taken in takes in no more, also of those that came with it.", async () => {
    const [here, there] = await linked()
    const first = new Promise<unknown>((resolve) =>
      there.on("message", ([part]) => {
        there.close()
        resolve(part)
      })
    )
    here.together(() => [1, 2, 3].forEach((part) => here.postMessage([part, bytesOf(50_000, part)])))
    assert.strictEqual(await first, 1)
    assert.isUndefined(there.receive())
  })

  it("What has arrived can be taken in at once.", async () => {
    const [here, there] = await linked()
    here.postMessage([1, bytesOf(50_000, 1)])
    here.postMessage([2])
    const batches: Array<unknown> = []
    for (let next = there.receive(); next !== undefined; next = there.receive()) batches.push(next.message[0])
    assert.deepStrictEqual(batches, [1, 2])
  })
})
