/** The measured part of docs/guides/small-machines.md, from the kept answer alone. */
import { readFileSync, writeFileSync } from "node:fs"
import { tableText } from "./markdown.ts"
import { isNoisy } from "./readme.ts"
import type { Kept } from "./report.ts"

const guide = new URL("../docs/guides/small-machines.md", import.meta.url)
const [begin, end] = ["<!-- `npm run bench -- small` writes this table. -->", "<!-- end of the table -->"]

/** Puts the table of the question `small` where the guide has it. */
export const writeGuide = (answers: ReadonlyArray<Kept>): void => {
  const answer = answers.find(({ question }) => question === "small")
  if (answer === undefined) return
  const text = readFileSync(guide, "utf8")
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${guide.pathname} has no place for the table`)
  const noise = isNoisy(answer)
    ? " Others used the processors as well: memory and processor time hold, durations are too long."
    : ""
  const tables = answer.tables.map((table) => `${tableText(table)}\n\n${table.notes ?? ""} ${answer.on}.${noise}`)
  writeFileSync(guide, `${text.slice(0, from)}${begin}\n\n${tables.join("\n\n")}\n\n${text.slice(to)}`)
}
