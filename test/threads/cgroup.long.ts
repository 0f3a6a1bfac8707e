import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const megabytes = 700
const file = fileURLToPath(new URL("../fixtures/processes/fullProgram.ts", import.meta.url))
const Cause = Schema.Struct({ _tag: Schema.String, message: Schema.optional(Schema.String) })
const decode = Schema.decodeUnknownSync(
  Schema.fromJsonString(Schema.Struct({
    reason: Schema.Struct({ _tag: Schema.String, handled: Schema.String, cause: Cause }),
    ended: Schema.Struct({ _tag: Schema.String, cause: Cause }),
    isOther: Schema.Boolean,
    siblingLives: Schema.Boolean
  }))
)

/** Makes a cgroup whose memory is limited, by either version; nothing where this user may not, as in most containers. */
const limited = (): string | undefined => {
  const name = `heddle-test-${process.pid}`
  for (
    const [folder, limit] of [
      [`/sys/fs/cgroup/${name}`, "memory.max"],
      [`/sys/fs/cgroup/memory/${name}`, "memory.limit_in_bytes"]
    ] as const
  ) {
    try {
      mkdirSync(folder)
      // Else it is a folder like any other.
      if (!existsSync(`${folder}/cgroup.procs`) || !existsSync(`${folder}/${limit}`)) throw new Error("no cgroup")
      writeFileSync(`${folder}/${limit}`, String(megabytes * 2 ** 20))
      return folder
    } catch {
      remove(folder)
    }
  }
  return undefined
}

const remove = (folder: string): void => {
  try {
    rmdirSync(folder)
  } catch {
    // It was not made, or a process in it has not quite gone.
  }
}

/** Runs the program in a cgroup; what it has printed last. */
const run = async (folder: string): Promise<string> => {
  const command = `echo $$ > "${folder}/cgroup.procs" && exec "${process.execPath}" "${file}"`
  const program = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  program.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString()
  })
  await once(program, "close")
  return output.trim().split("\n").at(-1) ?? ""
}

const folder = limited()

describe.skipIf(folder === undefined)("a cgroup whose memory is full (where this user may make one)", () => {
  it("F32: The kernel kills the process that has filled it: OutOfMemory, another one answers, main and siblings live.", async () => {
    if (folder === undefined) return
    try {
      const { ended, isOther, reason, siblingLives } = decode(await run(folder))
      const message = "the kernel killed its process, because the memory of its cgroup is full"
      assert.deepStrictEqual(reason, { _tag: "Crashed", handled: "maybe", cause: { _tag: "OutOfMemory", message } })
      assert.deepStrictEqual(ended, { _tag: "ThreadExited", cause: { _tag: "OutOfMemory", message } })
      assert.deepStrictEqual([isOther, siblingLives], [true, true])
    } finally {
      remove(folder)
    }
  })
})
