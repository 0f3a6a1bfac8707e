/** What heddle's own logger writes: to a terminal, to a pipe, and as the environment has it. */
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { PostMortem } from "heddle"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/logging/forms.ts", import.meta.url))
const hasScript = existsSync("/usr/bin/script")

/** Runs the program to its end, with standard output as a pipe or a terminal; the lines that it has written. */
const lines = (environment: Readonly<Record<string, string>>, terminal = false): ReadonlyArray<string> => {
  const env = { ...process.env, HEDDLE_LOG: "", TZ: "Asia/Kolkata", FORCE_COLOR: "0", ...environment }
  const run = terminal
    ? spawnSync("/usr/bin/script", ["-qec", `${process.execPath} ${program}`, "/dev/null"], { encoding: "utf8", env })
    : spawnSync(process.execPath, [program], { encoding: "utf8", env })
  assert.strictEqual(run.status, 0, run.stderr)
  return run.stdout.split(/\r?\n/).filter((line) => line !== "")
}

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(PostMortem.LogLine))

describe("a log", () => {
  it("S6: A log is JSON, one object a line, where standard output is no terminal.", () => {
    const records = lines({}).map((line) => decode(line))
    const [main] = records
    assert.deepStrictEqual([main?.thread, main?.level, main?.message], ["main", "INFO", "from main"])
    assert.match(main?.time ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const talk = records.find(({ message }) => message.startsWith("two"))
    assert.strictEqual(talk?.message, "two\nlines {\"part\":2}")
    assert.deepStrictEqual([talk?.thread, talk?.actor, talk?.incarnation, talk?.span], [
      "talk",
      "Talking",
      1,
      "talking"
    ])
    assert.match(talk?.traceId ?? "", /^[0-9a-f]{32}$/)
    const odd = records.find(({ message }) => message === "odd")
    assert.deepStrictEqual(odd?.annotations, { circular: { big: "10", self: "[circular]" }, time: "mine" })
    assert.strictEqual(odd?.level, "WARN")
    assert.strictEqual(records.find(({ message }) => message === "back again")?.incarnation, 2)
    assert.isUndefined(records.find(({ message }) => message === "details"))
  })

  it("S6: A log has a failure once, with its stack, its incarnation, the back-off and the budget.", () => {
    const failed = lines({}).filter((line) => line.includes("RangeError"))
    assert.strictEqual(failed.length, 1, failed.join("\n"))
    const { message } = decode(failed[0])
    assert.match(
      message,
      /^actor Failing #1 on thread "fail" #1 failed and restarts in 10 ms, failure 1 of 5: Failing died: out of range\n/
    )
    assert.include(message, "FailingLayer.ts:5")
  })

  it.runIf(hasScript)("S6: A log is text with date and zone on a terminal.", () => {
    const [main] = lines({}, true)
    assert.match(main ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+05:30 INFO  main  from main$/)
  })

  it("S6: A log is what HEDDLE_LOG says, wherever it goes.", () => {
    assert.match(lines({ HEDDLE_LOG: "text" })[0] ?? "", / INFO  main  from main$/)
    if (hasScript) assert.strictEqual(decode(lines({ HEDDLE_LOG: "json" }, true)[0]).message, "from main")
  })

  it("S6: A log has the levels that HEDDLE_LOG_LEVEL says, by thread.", () => {
    const said = (level: string) => lines({ HEDDLE_LOG_LEVEL: level }).map((line) => decode(line))
    const some = said("none,talk=debug")
    assert.deepStrictEqual(some.map(({ message }) => message.slice(0, 3)), ["det", "two", "odd"])
    const warnings = said("warn")
    assert.deepStrictEqual(new Set(warnings.map(({ level }) => level)), new Set(["WARN", "ERROR"]))
    // The supervisor's information is shown as well, if somebody asks for it.
    assert.isTrue(said("info").some(({ message }) => message.startsWith("thread \"talk\" #1 is ready")))
  })

  it("S6: A log says once what it can't understand of the environment, and goes on.", () => {
    const [form, level, ...others] = lines({ HEDDLE_LOG: "xml", HEDDLE_LOG_LEVEL: "loud,talk=warn" })
    assert.include(form, "HEDDLE_LOG: \\\"xml\\\" is no form of a log and is ignored; write json or text")
    assert.include(level, "HEDDLE_LOG_LEVEL: \\\"loud\\\" is no level and is ignored")
    assert.isTrue(others.some((line) => line.includes("from main")))
  })
})
