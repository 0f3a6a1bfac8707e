/** What the benchmarks read from V8's profiles. */
import { assert, describe, it } from "@effect/vitest"
import { partOf, type Profile, samplesOf } from "../../bench/profile/parts.ts"
import { partsTable } from "../../bench/profile/tables.ts"

const source = "file:///project/src/"
const frame = (functionName: string, url: string, lineNumber = 1) => ({ functionName, url, lineNumber })

describe("the part of a function", () => {
  for (
    const [what, { functionName, lineNumber, url }, part] of [
      ["is the folder of heddle that it is in", frame("flush", "file:///project/src/wire/port.ts"), "heddle: wire"],
      [
        "is a nested folder as a whole",
        frame("step", "file:///project/src/main/decide/index.ts"),
        "heddle: main/decide"
      ],
      ["is src for a module without a folder", frame("make", "file:///project/src/Actor.ts"), "heddle: src"],
      ["is not heddle's because of its name", frame("run", "file:///other/src/wire/port.ts"), "the benchmark itself"],
      [
        "is the schemas for Effect's files about them",
        frame("run", "file:///project/node_modules/effect/dist/SchemaParser.js"),
        "Effect: schemas"
      ],
      ["is the schemas for what they were compiled into", frame("decode", "", 3), "Effect: schemas"],
      [
        "is Effect's other files",
        frame("runLoop", "file:///project/node_modules/effect/dist/internal/effect.js"),
        "Effect: fibers and the rest"
      ],
      [
        "is HTTP",
        frame("handle", "file:///project/node_modules/@effect/platform-node/dist/NodeHttpServer.js"),
        "Effect: HTTP"
      ],
      ["is Node", frame("emit", "node:events"), "Node"],
      ["is built in where there is neither file nor line", frame("set", "", -1), "built-in functions"],
      ["is garbage collection", frame("(garbage collector)", "", -1), "garbage collection"]
    ] as const
  ) {
    it(`The part of a function ${what}.`, () =>
      assert.strictEqual(partOf({ functionName, lineNumber, url }, source), part))
  }
})

const profile: Profile = {
  nodes: [
    { id: 1, callFrame: frame("(idle)", "", -1) },
    { id: 2, callFrame: frame("flush", "file:///project/src/wire/port.ts") },
    { id: 3, callFrame: frame("emit", "node:events") }
  ],
  startTime: 1000,
  // At 1010, 1020, 1030, 1100, 1200.
  samples: [2, 2, 3, 1, 3],
  timeDeltas: [10, 10, 10, 70, 100]
}

it("Samples count once each, within the measured span, and not while the thread waits.", () => {
  const { functions, parts } = samplesOf(profile, [{ from: 1015, to: 1150 }], source)
  assert.deepStrictEqual(Array.from(parts), [["heddle: wire", 1], ["Node", 1]])
  assert.deepStrictEqual(Array.from(functions.values()), [1, 1])
  assert.deepStrictEqual(Array.from(samplesOf(profile, [{ from: 0, to: 9999 }], source).parts), [
    ["heddle: wire", 2],
    ["Node", 2]
  ])
})

it("The samples divide the processor time of a message among parts and threads.", () => {
  const all = [{ from: 0, to: 9999 }]
  const asks = samplesOf(profile, all, source)
  const answers = samplesOf({ ...profile, samples: [2, 2, 2, 1, 2] }, all, source)
  const { columns, rows } = partsTable(
    { cpuMicros: 4, threads: new Map([["asks", [asks]], ["answers", [answers]]]) },
    ""
  )
  assert.deepStrictEqual(columns, ["", "asks, µs", "answers, µs", "together, µs", "share"])
  assert.deepStrictEqual(rows, [
    ["heddle: wire", 1, 2, 3, "75.0 %"],
    ["Node", 1, 0, 1, "25.0 %"],
    ["all", 2, 2, 4, "100.0 %"]
  ])
})
