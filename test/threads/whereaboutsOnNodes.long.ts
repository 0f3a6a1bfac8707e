/** Where threads hang, on every Node that `engines` allows. */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ExitCause } from "heddle"
import { execFile, execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const nodes = {
  22: at("../../tools/node_modules/node22/bin/node"),
  24: at("../../tools/node_modules/node24/bin/node"),
  26: at("../../node_modules/node/bin/node")
}
const file = at("../fixtures/hanging/hangs.ts")
const lines = readFileSync(file, "utf8").split("\n")

/** Each kind, and the mark of the line that it hangs in. */
const kinds = {
  spin: "spin",
  microtasks: "microtasks",
  regex: "regex",
  atomics: "atomics",
  calls: "calls",
  json: "json",
  sort: "comparator"
}

const Result = Schema.fromJsonString(Schema.Struct({
  how: Schema.String,
  millis: Schema.Number,
  slowestMillis: Schema.Number,
  cause: ExitCause.Stalled
}))

beforeAll(() => void execFileSync(nodes[26], [at("../../tools/run.js")]), 300_000)

describe("a thread that hangs", () => {
  for (const [version, node] of Object.entries(nodes)) {
    it(`F29: On Node ${version} names its line in all seven kinds.`, async () => {
      const { stdout } = await promisify(execFile)(node, [at("../fixtures/hanging/main.ts"), ...Object.keys(kinds)], {
        env: { ...process.env, NODE_OPTIONS: "" }
      })
      const results = stdout.trimEnd().split("\n").map((line) => Schema.decodeUnknownSync(Result)(line))
      assert.deepStrictEqual(results.map(({ how }) => how), Object.keys(kinds))
      for (const [how, mark] of Object.entries(kinds)) {
        const cause = results.find((result) => result.how === how)?.cause
        assert.strictEqual(cause?.at?.file, file, `${how}: ${JSON.stringify(cause)}`)
        assert.isTrue(lines[(cause?.at?.line ?? 0) - 1]?.endsWith(`// ${mark}`), `${how}: ${JSON.stringify(cause)}`)
      }
    })
  }
})
