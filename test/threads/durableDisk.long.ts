/** Storages on disks that are full, on files that may not be written, are damaged, or are somebody else's. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/durable/filling.ts", import.meta.url))

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-disk-"))
  chmodSync(folder, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the program over a file, by a shell that may limit it first. */
const fill = async (database: string, most: number, { before = "", user }: { before?: string; user?: number } = {}) => {
  const child = spawn("bash", ["-c", `${before} exec "$0" "$@"`, process.execPath, program, `${most}`], {
    env: { ...process.env, LEDGER_DATABASE: database, HOME: folder, NODE_COMPILE_CACHE: join(folder, "cache") },
    stdio: ["ignore", "pipe", "inherit"],
    ...user === undefined ? {} : { uid: user, gid: user }
  })
  const closed = once(child, "close")
  const printed = await text(child.stdout)
  const [code] = await closed
  return { printed, code, accepted: Array.from(printed.matchAll(/^accepted (\d+)$/gm), ([, index]) => Number(index)) }
}

/** The notes that a file holds, by their numbers. */
const held = (path: string): ReadonlyArray<number> => {
  const database = new DatabaseSync(path)
  const rows = database.prepare("SELECT payload FROM heddle_messages ORDER BY seq").all()
  const check = database.prepare("PRAGMA integrity_check").get()
  database.close()
  assert.deepStrictEqual({ ...check }, { integrity_check: "ok" })
  return rows.map(({ payload }) =>
    payload instanceof Uint8Array ? Number(/(\d+):x/.exec(Buffer.from(payload).toString("latin1"))?.[1]) : Number.NaN
  )
}

describe("M6: a disk that is full", () => {
  it(
    "M6: A file that may not grow refuses what has no room, and has all that was accepted.",
    { timeout: 120_000 },
    async () => {
      const path = join(folder, "limited.db")
      // Blocks of 1024 bytes; the signal that goes with it would end the process.
      const first = await fill(path, 1000, { before: "trap '' XFSZ; ulimit -f 3000;" })
      assert.match(
        first.printed,
        /refused .*Unreachable|refused .*(has no room to write|can't read or write its file)/s
      )
      assert.match(first.printed, /\nsum 0\n$/)
      assert.isAbove(first.accepted.length, 3)
      assert.includeMembers([...held(path)], first.accepted)
      const second = await fill(path, 5)
      assert.match(second.printed, /enough/)
      assert.includeMembers([...held(path)], first.accepted)
    }
  )

  const mount = join(tmpdir(), `heddle-mount-${process.pid}`)
  const canMount = (() => {
    try {
      mkdirSync(mount, { recursive: true })
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", mount], { stdio: "ignore" })
      execFileSync("umount", [mount])
      return true
    } catch {
      return false
    }
  })()
  afterAll(() => rmSync(mount, { recursive: true, force: true }))

  it.skipIf(!canMount)(
    "M6: On a disk without room a message is refused, and the text says so.",
    { timeout: 120_000 },
    async () => {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", mount])
      try {
        const { accepted, printed } = await fill(join(mount, "full.db"), 1000)
        assert.match(printed, /refused .*has no room to write; free some on its disk/s)
        assert.isAbove(accepted.length, 3)
        assert.includeMembers([...held(join(mount, "full.db"))], accepted)
      } finally {
        execFileSync("umount", [mount])
      }
    }
  )
})

describe("M6: a file that can't be used", () => {
  /** Root may write everything, so it is somebody else who may not. */
  const user = process.getuid?.() === 0 ? 65_534 : undefined
  const own = (path: string): void => {
    if (user !== undefined) chownSync(path, user, user)
  }

  it(
    "M6: A file that may only be read stops the start, and the error says which and what to do.",
    { timeout: 60_000 },
    async () => {
      const place = join(folder, "readonly")
      mkdirSync(place)
      const path = join(place, "a.db")
      await fill(path, 2)
      for (const file of [place, path]) own(file)
      chmodSync(path, 0o444)
      const { code, printed } = await fill(path, 2, user === undefined ? {} : { user })
      assert.strictEqual(code, 1)
      assert.match(
        printed,
        /the storage of durable messages can't write its file, which is read-only; make it and its folder writable \(.*a\.db/
      )
    }
  )

  it("M6: A folder that may not be written stops the start.", { timeout: 60_000 }, async () => {
    const place = join(folder, "closed")
    mkdirSync(place, { mode: 0o555 })
    own(place)
    chmodSync(place, 0o555)
    const { code, printed } = await fill(join(place, "a.db"), 2, user === undefined ? {} : { user })
    assert.strictEqual(code, 1)
    assert.match(
      printed,
      /the storage of durable messages can't open its file|the storage of durable messages may not use its file/
    )
  })

  it(
    "M6: A file that was damaged while nobody used it stops the start, and what to do is said.",
    { timeout: 60_000 },
    async () => {
      const path = join(folder, "damaged.db")
      await fill(path, 5)
      const file = openSync(path, "r+")
      writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, 4096)
      closeSync(file)
      const { code, printed } = await fill(path, 2)
      assert.strictEqual(code, 1)
      assert.match(printed, /the storage of durable messages has a corrupt file; restore a copy of it, or move it away/)
    }
  )

  it(
    "M6: A second process does not start while the first has the file, and says so.",
    { timeout: 60_000 },
    async () => {
      const path = join(folder, "locked.db")
      await fill(path, 1)
      const other = new DatabaseSync(path)
      other.exec("BEGIN EXCLUSIVE")
      const { code, printed } = await fill(path, 1)
      other.close()
      assert.strictEqual(code, 1)
      assert.match(
        printed,
        /the storage of durable messages is locked by another process; end that process, or declare another file/
      )
    }
  )
})
