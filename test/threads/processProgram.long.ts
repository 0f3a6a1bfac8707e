import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { setImmediate } from "node:timers/promises"
import { fileURLToPath } from "node:url"

const file = fileURLToPath(new URL("../fixtures/processes/program.ts", import.meta.url))
const decode = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({ isOther: Schema.Boolean, sum: Schema.Int, processes: Schema.Array(Schema.Int) })
  )
)

const lives = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "latin1"))
  } catch {
    return false
  }
}

/** Waits until processes are dead: they have closed their output, and are taken off the kernel's list right after. */
const dead = async ({ closed, found }: Awaited<ReturnType<typeof start>>): Promise<void> => {
  await closed
  while (found.processes.some(lives)) await setImmediate()
}

/** Starts the program as the leader of a process group, and waits until it has printed what it found. */
const start = async (...args: ReadonlyArray<string>) => {
  const program: ChildProcess = spawn(process.execPath, [file, ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"]
  })
  const exited = once(program, "exit")
  // Its processes write to the same pipe.
  const closed = once(program, "close")
  let output = ""
  const found = new Promise<string>((resolve) => {
    const add = (chunk: Buffer): void => {
      output += chunk.toString()
      const line = output.split("\n").find((line) => line.startsWith("{\"pid\""))
      if (line !== undefined) resolve(line)
    }
    program.stdout?.on("data", add)
    program.stderr?.on("data", add)
  })
  return { program, exited, closed, found: decode(await found), output: () => output }
}

describe("a program with processes", () => {
  it("F32: A process runs no program: main's alone does, in a restarted one as well.", async () => {
    const started = await start("die")
    const { exited, found, output } = started
    assert.deepStrictEqual(await exited, [0, null])
    assert.isTrue(found.isOther)
    assert.strictEqual(found.sum, 6)
    assert.strictEqual(output().split("{\"pid\"").length, 2)
    await dead(started)
  })

  it("F32: Processes end with a program that is killed, also one that spins.", async () => {
    const started = await start("stay", "spin")
    const { found, program } = started
    assert.deepStrictEqual(found.processes.filter(lives), [...found.processes])
    program.kill("SIGKILL")
    await dead(started)
  })

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`F32, S7: ${signal} to the whole process group is a stop in order, not the end of the processes.`, async () => {
      const started = await start("stay")
      const { exited, output, program } = started
      process.kill(-(program.pid ?? 0), signal)
      const [code] = await exited
      assert.strictEqual(code, 0)
      assert.notInclude(output(), "ERROR")
      await dead(started)
    })
  }
})
