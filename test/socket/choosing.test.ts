/** Where sockets lie, and which system a command means: both pure. */
import { assert, describe, it } from "@effect/vitest"
import type { Card } from "../../src/socket/card.ts"
import { choose } from "../../src/socket/choose.ts"
import * as folders from "../../src/socket/folder.ts"

const linux = { platform: "linux", runtimeDir: "/run/user/7", temporary: "/tmp", user: 7 } as const

describe("The folder of the sockets", () => {
  it("The socket is in the runtime folder, else in one of the temporary folders, and commands look in all of them.", () => {
    assert.deepStrictEqual(folders.candidates(linux), ["/run/user/7/heddle", "/tmp/heddle-7"])
    assert.deepStrictEqual(folders.candidates({ ...linux, runtimeDir: undefined, temporary: "/var/tmp" }), [
      "/var/tmp/heddle-7",
      "/tmp/heddle-7"
    ])
    assert.deepStrictEqual(folders.candidates({ ...linux, runtimeDir: "relative" }), ["/tmp/heddle-7"])
    assert.deepStrictEqual(folders.candidates({ ...linux, runtimeDir: "" }), ["/tmp/heddle-7"])
    assert.deepStrictEqual(folders.places({ ...linux, runtimeDir: undefined }), ["/tmp/heddle-7", "/run/user/7/heddle"])
    assert.lengthOf(folders.candidates({ platform: "win32", runtimeDir: undefined, temporary: "T", user: "ada" }), 1)
  })

  it("C4: A path that is too long for a socket is none; a named pipe has no length to mind.", () => {
    assert.strictEqual(folders.socketIn("linux", "/tmp/heddle-7", "1-ab"), "/tmp/heddle-7/1-ab.sock")
    const most = "/".padEnd(103 - "/1-ab.sock".length, "ü".normalize("NFD"))
    assert.isUndefined(folders.socketIn("linux", most, "1-ab"))
    assert.isString(folders.socketIn("darwin", "/".padEnd(103 - "/1-ab.sock".length, "x"), "1-ab"))
    assert.isUndefined(folders.socketIn("darwin", "/".padEnd(104 - "/1-ab.sock".length, "x"), "1-ab"))
    assert.strictEqual(folders.socketIn("win32", "x".repeat(300), "1-ab"), "\\\\.\\pipe\\heddle-1-ab")
  })

  it("C4: The folder must be the user's own, and nobody else can open it.", () => {
    const stats = (is: Partial<{ uid: number; mode: number; directory: boolean; link: boolean }>) => ({
      uid: is.uid ?? 7,
      mode: is.mode ?? 0o40700,
      isDirectory: () => is.directory ?? true,
      isSymbolicLink: () => is.link ?? false
    })
    assert.isUndefined(folders.problemOf("/f", stats({}), 7))
    assert.match(folders.problemOf("/f", stats({ uid: 8 }), 7) ?? "", /belongs to another user \(8\)/)
    assert.match(folders.problemOf("/f", stats({ link: true, directory: false }), 7) ?? "", /symbolic link/)
    assert.match(folders.problemOf("/f", stats({ directory: false }), 7) ?? "", /no folder/)
    for (const mode of [0o40755, 0o40710, 0o40701, 0o40702, 0o41777]) {
      assert.match(folders.problemOf("/f", stats({ mode }), 7) ?? "", /chmod 700 \/f/, mode.toString(8))
    }
  })
})

const card = (pid: number, directory: string, name = "a"): Card => ({
  protocol: 1,
  pid,
  socket: `/run/${pid}-${name}.sock`,
  directory,
  config: `${directory}/config.ts`,
  startedAtMillis: 0
})
const here = { pid: undefined, socket: undefined, directory: "/here" }

describe("The system that a command means", () => {
  it("C3: The system is the one of this directory; with none or several, a sentence says how to choose.", () => {
    const [one, two, far] = [card(1, "/here"), card(2, "/here"), card(3, "/far")]
    assert.deepStrictEqual(choose([one, far], here), one)
    assert.deepStrictEqual(choose([one, two, far], { ...here, pid: 3 }), far)
    assert.deepStrictEqual(choose([one, two, far], { ...here, socket: "/run/2-a.sock" }), two)
    assert.deepStrictEqual(choose([], { ...here, socket: "/unknown" }), { socket: "/unknown" })
    assert.deepStrictEqual(choose([far], here), {
      problem: "no system runs that was started in /here; those that run are\n  --pid 3  /far/config.ts"
    })
    assert.deepStrictEqual(choose([one, two], here), {
      problem: "2 systems run that were started in this directory; choose one:\n" +
        "  --pid 1  /here/config.ts\n  --pid 2  /here/config.ts"
    })
    assert.deepStrictEqual(choose([], { ...here, pid: 9 }), {
      problem: "no system runs in process 9; none runs at all"
    })
  })

  it("C3: Two systems of one process are told apart by their sockets.", () => {
    assert.deepStrictEqual(choose([card(1, "/here"), card(1, "/here", "b")], { ...here, pid: 1 }), {
      problem: "2 systems run in process 1; choose one:\n" +
        "  --socket /run/1-a.sock  /here/config.ts\n  --socket /run/1-b.sock  /here/config.ts"
    })
  })
})
