import { assert, describe, it } from "@effect/vitest"
import { LastWords } from "../../src/control/protocol.ts"
import { countIn, filesOf } from "../../src/main/cgroup.ts"
import { type End, endingOf } from "../../src/main/processEnd.ts"

const end: End = {
  code: null,
  signal: null,
  isTerminated: false,
  words: undefined,
  exitNoted: false,
  errors: "",
  isOomKill: false
}

describe("the end of a process", () => {
  it("F32: A signal, a full heap, a full cgroup, an error and an exit are told apart.", () => {
    const words = LastWords.make({ name: "TypeError", message: "no", stack: "at" })
    const full = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory"
    const causes = [
      { ...end, signal: "SIGSEGV" },
      { ...end, signal: "SIGABRT", errors: "assertion failed" },
      { ...end, signal: "SIGABRT", errors: `<--- Last few GCs --->\n\n${full}\n----- Native stack trace -----` },
      { ...end, signal: "SIGKILL", isOomKill: true },
      { ...end, signal: "SIGKILL", isTerminated: true, isOomKill: true },
      { ...end, code: 1, words },
      { ...end, code: 3, exitNoted: true },
      { ...end, code: 0 }
    ].map((one) => endingOf(one as End))
    assert.deepStrictEqual(causes, [
      { _tag: "Killed", signal: "SIGSEGV" },
      { _tag: "Killed", signal: "SIGABRT" },
      { _tag: "OutOfMemory", message: full },
      { _tag: "OutOfMemory", message: "the kernel killed its process, because the memory of its cgroup is full" },
      { _tag: "Exited", code: 1, how: "drained" },
      { _tag: "Thrown", name: "TypeError", message: "no", stack: "at" },
      { _tag: "Exited", code: 3, how: "process.exit" },
      { _tag: "Exited", code: 0, how: "drained" }
    ])
  })

  it("F32: The kernel's count is found with either version of cgroups.", () => {
    assert.deepStrictEqual(filesOf("0::/system.slice/app.service\n"), [
      "/sys/fs/cgroup/system.slice/app.service/memory.events",
      "/sys/fs/cgroup/memory.events",
      "/sys/fs/cgroup/memory/memory.oom_control"
    ])
    assert.deepStrictEqual(filesOf("4:memory:/a:b\n1:cpu,cpuacct:/\n0::/\n").slice(0, 2), [
      "/sys/fs/cgroup/memory/a:b/memory.oom_control",
      "/sys/fs/cgroup/memory.events"
    ])
    assert.strictEqual(countIn("low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n"), 1)
    assert.strictEqual(countIn("oom_kill_disable 0\nunder_oom 0\noom_kill 12\n"), 12)
    assert.isUndefined(countIn("oom_kill_disable 0\n"))
  })
})
