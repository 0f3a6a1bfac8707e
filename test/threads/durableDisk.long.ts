/** Storages on disks that are full or read-only, and in files that are damaged or somebody else's. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/durable/filling.ts", import.meta.url))

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-disk-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the program over a file, by a shell that may limit it first. */
const fill = async (database: string, most: number, before = "") => {
  const child = spawn("bash", ["-c", `${before} exec "$0" "$@"`, process.execPath, program, `${most}`], {
    env: { ...process.env, LEDGER_DATABASE: database },
    stdio: ["ignore", "pipe", "inherit"]
  })
  const closed = once(child, "close")
  const printed = await text(child.stdout)
  const [code] = await closed
  return { printed, code, accepted: Array.from(printed.matchAll(/^accepted (\d+)$/gm), ([, index]) => Number(index)) }
}

/** The notes that a file holds, by their numbers. */
const held = (path: string): ReadonlyArray<number> => {
  const database = new DatabaseSync(path)
  try {
    assert.deepStrictEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" })
    return database.prepare("SELECT payload FROM heddle_messages ORDER BY seq").all().map(({ payload }) =>
      payload instanceof Uint8Array ? Number(/(\d+):x/.exec(Buffer.from(payload).toString("latin1"))?.[1]) : Number.NaN
    )
  } finally {
    database.close()
  }
}

const patience = { timeout: 180_000 }

describe("M6: a disk", () => {
  it("M6: A file that may not grow refuses what has no room, and has all that was accepted.", patience, async () => {
    const path = join(folder, "limited.db")
    // Blocks of 1024 bytes; the signal that goes with the limit would end the process.
    const first = await fill(path, 1000, "trap '' XFSZ; ulimit -f 3000;")
    assert.match(first.printed, /refused .*(has no room to write|can't read or write its file)/s)
    assert.match(first.printed, /\nsum 0\n$/)
    assert.isAbove(first.accepted.length, 3)
    assert.includeMembers([...held(path)], first.accepted)
    const second = await fill(path, 5)
    assert.match(second.printed, /enough/)
    assert.includeMembers([...held(path)], first.accepted)
  })

  const mount = (disk: string): void =>
    void execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], { stdio: "ignore" })
  const unmount = (disk: string): void => void execFileSync("umount", ["-l", disk])
  /** A small disk of its own takes the rights of root, and more: containers have them seldom. */
  const canMount = (() => {
    const disk = mkdtempSync(join(tmpdir(), "heddle-disk-"))
    try {
      mount(disk)
      unmount(disk)
      return true
    } catch {
      return false
    } finally {
      rmSync(disk, { recursive: true })
    }
  })()

  /** A small disk, for as long as it is used. */
  const onDisk = async (use: (disk: string) => Promise<void>) => {
    const disk = mkdtempSync(join(tmpdir(), "heddle-disk-"))
    mount(disk)
    try {
      await use(disk)
    } finally {
      unmount(disk)
      rmSync(disk, { recursive: true })
    }
  }

  it.skipIf(!canMount)(
    "M6: On a disk without room a message is refused, and the text says so.",
    patience,
    () =>
      onDisk(async (disk) => {
        const path = join(disk, "full.db")
        const { accepted, printed } = await fill(path, 1000)
        assert.match(printed, /refused .*has no room to write; free some on its disk/s)
        assert.isAbove(accepted.length, 3)
        // Room for those who look, and for more.
        execFileSync("mount", ["-o", "remount,size=32m", disk])
        assert.includeMembers([...held(path)], accepted)
        assert.match((await fill(path, 2)).printed, /enough/)
      })
  )

  it.skipIf(!canMount)(
    "M6: A disk that may only be read stops the start, whether the file is there or not.",
    patience,
    () =>
      onDisk(async (disk) => {
        const path = join(disk, "there.db")
        await fill(path, 2)
        execFileSync("mount", ["-o", "remount,ro", disk])
        const there = await fill(path, 2)
        assert.strictEqual(there.code, 1)
        assert.match(there.printed, /the storage of durable messages can't (write|read or write) its file.*there\.db/)
        const missing = await fill(join(disk, "missing.db"), 2)
        assert.strictEqual(missing.code, 1)
        assert.match(
          missing.printed,
          /the storage of durable messages can't write its file, which is read-only; make it .* writable \(.*missing\.db/
        )
      })
  )
})

describe("M6: a file", () => {
  it(
    "M6: A file that was damaged while nobody used it stops the start, and what to do is said.",
    patience,
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

  it("M6: A process does not start while another one has the file, and says so.", patience, async () => {
    const path = join(folder, "locked.db")
    await fill(path, 1)
    const other = new DatabaseSync(path)
    other.exec("BEGIN EXCLUSIVE")
    const { code, printed } = await fill(path, 1)
    other.close()
    assert.strictEqual(code, 1)
    assert.match(printed, /the storage of durable messages is locked by another process; end that process/)
  })

  it("M6: A path whose folder is a file can't be opened, and the text says where to look.", patience, async () => {
    const { code, printed } = await fill(join(program, "a.db"), 1)
    assert.strictEqual(code, 1)
    assert.match(printed, /the storage of durable messages can't open its file; look whether its folder is there/)
  })
})
