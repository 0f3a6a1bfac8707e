/** The measured part of bench/README.md, from the kept answers alone. */
import { type Chart, charts } from "./charts.ts"
import { grid, inUnit, tableText } from "./markdown.ts"
import { noisyAbove } from "./noise.ts"
import type { Kept } from "./report.ts"
import { type Bound, judge, type Target, targets, type Verdict } from "./targets.ts"

export const marker = "<!-- `npm run bench` writes everything from here on. -->"

/** A bound, what was measured, and the verdict. */
export interface Judged {
  readonly target: Target
  readonly bound: Bound
  readonly measured: string
  readonly verdict: Verdict | "not measured"
}

export const isNoisy = ({ others }: Kept): boolean => others !== null && others > noisyAbove

const judged = (answers: ReadonlyArray<Kept>, target: Target, bound: Bound): Judged => {
  const answer = answers.find(({ measured }) => bound.key in measured)
  const spread = answer?.measured[bound.key]
  if (answer === undefined || spread === undefined) return { target, bound, measured: "—", verdict: "not measured" }
  const { high, low, value } = spread
  const quartiles = low === high ? "" : ` (${inUnit(bound.unit, low)} to ${inUnit(bound.unit, high)})`
  return {
    target,
    bound,
    measured: `${inUnit(bound.unit, value)}${quartiles}`,
    verdict: judge(bound, spread, isNoisy(answer))
  }
}

/** All bounds of all targets, judged by the answers. */
export const judgeAll = (answers: ReadonlyArray<Kept>): ReadonlyArray<Judged> =>
  targets.flatMap((target) => target.bounds.map((bound) => judged(answers, target, bound)))

export const limitText = ({ limit, unit }: Bound): string =>
  "atLeast" in limit ? `≥ ${limit.atLeast} ${unit}` : `≤ ${limit.atMost} ${unit}`

const targetTable = (answers: ReadonlyArray<Kept>): string =>
  grid(
    ["", "what", "target", "measured (quartiles)", ""],
    judgeAll(answers).map(({ bound, measured, target, verdict }) => [
      target.id,
      `${target.what}: ${bound.text}`,
      limitText(bound),
      measured,
      verdict === "met" ? "met" : `**${verdict}**`
    ])
  )

const image = ({ file, title }: Chart): string => `![${title}](charts/${file}.svg)`

const percent = (part: number): string => `${(part * 100).toFixed(0)} %`

/** When, where, for how long, how quiet, and whether the code has changed since. */
const provenance = (answer: Kept, source: string): ReadonlyArray<string> => {
  const others = answer.others === null ? "" : `, others used ${percent(answer.others)} of the processors`
  const noisy = isNoisy(answer)
    ? [
      `**The machine was noisy.** Rates and durations are not to be trusted; ratios and CPU are, within their quartiles.`
    ]
    : []
  const old = answer.source === source
    ? []
    : [`**Measured with other code** than that with which this page was written.`]
  return [`${answer.on}, code \`${answer.source}\`${others}; took ${Math.round(answer.seconds)} s.`, ...noisy, ...old]
}

/** In the order in which a reader asks. */
const order = [
  "link",
  "shapes",
  "schemas",
  "fanout",
  "pool",
  "keyed",
  "microseconds",
  "bytes",
  "local",
  "growth",
  "http",
  "start",
  "bundle",
  "small",
  "idle",
  "main",
  "blocked",
  "memory"
]

const place = ({ question }: Kept): number => order.includes(question) ? order.indexOf(question) : order.length

/** The beginning of the line that says which code was there when the README was written. */
export const judgedFor = "Written with the code"

/** The generated part; `source` identifies the code that is there now. */
export const write = (answers: ReadonlyArray<Kept>, source: string): string => {
  const sorted = answers.toSorted((a, b) => place(a) - place(b))
  return [
    "## Targets",
    `On a quiet machine a target is judged by the median of the rounds. If others use more than ${
      percent(noisyAbove)
    } ` +
    "of the processors, it is judged only if both quartiles agree, and is unclear otherwise. CPU is the processor time of " +
    "all threads of the process, a message.",
    `${judgedFor} \`${source}\`.`,
    targetTable(sorted),
    "How each is measured:",
    targets.map(({ how, id }) => `- **${id}**: ${how}.`).join("\n"),
    ...sorted.flatMap((answer) => [
      `## ${answer.question}`,
      ...provenance(answer, source),
      ...answer.tables.flatMap((table) => [
        `### ${table.title}`,
        ...(table.notes === undefined ? [] : [table.notes]),
        ...charts(answer.question, table).map(image),
        tableText(table)
      ])
    ])
  ].join("\n\n") + "\n"
}
