/** What the benchmarks conclude from what they measured. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { chartsOf } from "../../bench/charts.ts"
import { judgedFor, marker, write } from "../../bench/readme.ts"
import { type Kept, kept } from "../../bench/report.ts"
import { ratios, type Spread, spread } from "../../bench/statistics.ts"
import { type Bound, judge, targets } from "../../bench/targets.ts"

const readme = readFileSync(new URL("../../bench/README.md", import.meta.url), "utf8")

const rate: Bound = { key: "rate", text: "rate", limit: { atLeast: 2 }, unit: "×", by: "ratio" }
const cpu: Bound = { key: "cpu", text: "CPU", limit: { atMost: 0.5 }, unit: "×", by: "cpu" }
const delay: Bound = { key: "delay", text: "p99", limit: { atMost: 1 }, unit: "ms", by: "time" }
const between = (low: number, value: number, high: number): Spread => ({ low, value, high })

describe("a verdict", () => {
  it("On a quiet machine a verdict follows the median alone.", () => {
    assert.strictEqual(judge(rate, between(1.5, 2, 2.5), false), "met")
    assert.strictEqual(judge(rate, between(1.5, 1.99, 2.5), false), "not met")
    assert.strictEqual(judge(cpu, between(0.4, 0.5, 0.6), false), "met")
    assert.strictEqual(judge(cpu, between(0.4, 0.51, 0.6), false), "not met")
    assert.strictEqual(judge(delay, between(1, 2, 3), false), "not met")
  })

  it("On a noisy machine a verdict is unclear unless both quartiles agree with the median.", () => {
    assert.strictEqual(judge(rate, between(2.1, 2.5, 3), true), "met")
    assert.strictEqual(judge(rate, between(1.9, 2.5, 3), true), "unclear")
    assert.strictEqual(judge(rate, between(1, 1.5, 1.9), true), "not met")
    assert.strictEqual(judge(cpu, between(0.4, 0.45, 0.6), true), "unclear")
    assert.strictEqual(judge(cpu, between(0.6, 0.7, 0.8), true), "not met")
    assert.strictEqual(judge(cpu, between(0.4, 0.4, 0.4), true), "unclear", "one round has no quartiles")
  })

  it("On a noisy machine a duration by the clock that is too long is unclear.", () => {
    assert.strictEqual(judge(delay, between(0.5, 0.6, 0.9), true), "met")
    assert.strictEqual(judge(delay, between(2, 3, 4), true), "unclear")
  })

  it("A bound is not met if nothing was measured.", () => {
    assert.strictEqual(judge(rate, spread([]), false), "not met")
    assert.strictEqual(judge(cpu, spread([]), false), "not met")
  })
})

it("Ratios are those of the rounds, so that a busy round disturbs both sides.", () => {
  // The rates halve in the second round, the ratio does not.
  assert.deepStrictEqual(ratios([400, 200, 404], [200, 100, 200]), { value: 2, low: 2, high: 2.02 })
})

it("Each bound of a target has a key of its own.", () => {
  const keys = targets.flatMap(({ bounds }) => bounds.map(({ key }) => key))
  assert.deepStrictEqual(keys.filter((key, index) => keys.indexOf(key) !== index), [])
})

describe("bench/README.md", () => {
  it("bench/README.md has the tables that the kept results say, and no others.", () => {
    const [, written = ""] = readme.split(marker)
    const source = new RegExp(`${judgedFor} \`(.*?)\``).exec(written)?.[1] ?? "no code is named"
    assert.strictEqual(written.trim(), write(kept(), source).trim())
  })

  it("Each chart that bench/README.md shows exists.", () => {
    const missing = kept().flatMap(chartsOf).filter(({ file }) =>
      !existsSync(new URL(`../../bench/charts/${file}.svg`, import.meta.url))
    )
    assert.deepStrictEqual(missing, [])
  })

  it("Each colour of a chart has a counterpart for dark pages.", () => {
    const uncovered = kept().flatMap(chartsOf).flatMap(({ file }) => {
      const svg = readFileSync(new URL(`../../bench/charts/${file}.svg`, import.meta.url), "utf8")
      const [, dark = ""] = /prefers-color-scheme:dark\)\{(.*?)\}<\/style>/.exec(svg) ?? []
      const used = new Set(
        Array.from(svg.matchAll(/ ((?:fill|stroke)="(?!none)[^"]+")/g), ([, attribute = ""]) => attribute)
      )
      return Array.from(used).filter((attribute) => !dark.includes(`[${attribute}]`)).map((color) =>
        `${file}: ${color}`
      )
    })
    assert.deepStrictEqual(uncovered, [])
  })

  it("bench/README.md marks results of other code and those of a noisy machine.", () => {
    const answer: Kept = {
      question: "link",
      on: "today",
      seconds: 1,
      others: 0.01,
      source: "aaaa",
      measured: { "tells / raw": between(1, 2, 3), "small asks / raw": between(1.9, 2.5, 3) },
      tables: []
    }
    const quiet = write([answer], "aaaa")
    assert.notInclude(quiet, "Measured with other code")
    assert.notInclude(quiet, "The machine was noisy")
    assert.match(
      quiet,
      /\| P2 .*small message, rate compared with raw's +\| ≥ 2 × +\| 2.50 × \(1.90 × to 3.00 ×\) +\| met /
    )
    assert.match(quiet, /\| P1 .*\*\*not measured\*\*/)
    assert.include(write([answer], "bbbb"), "Measured with other code")
    const noisy = write([{ ...answer, others: 0.5 }], "aaaa")
    assert.include(noisy, "The machine was noisy")
    assert.match(noisy, /\| P2 .*small message, rate compared with raw's .*\*\*unclear\*\*/)
  })
})
