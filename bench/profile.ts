/**
 * `npm run profile -- asks|lone|tells|stream|http|fanout|pool|pool-bytes|keyed-asks|keyed-tells|durable`: shows where the time of a message goes, by V8's CPU profiler:
 * microseconds of a message by part of the program and thread, then the functions with the most time of their own.
 */
import { tableText } from "./markdown.ts"
import { record, type SubjectName, subjects } from "./profile/record.ts"
import { functionsTable, partsTable } from "./profile/tables.ts"

const isSubject = (name: string): name is SubjectName => name in subjects

const [, , name = "asks"] = process.argv
if (!isSubject(name)) {
  console.error(`There is no profile "${name}"; there are ${Object.keys(subjects).join(", ")}.`)
  process.exit(1)
}
const recording = await record(name, { warmMillis: 4000, millis: 4000 })
for (
  const table of [
    partsTable(recording, `Where the time of ${subjects[name].what} goes`),
    functionsTable(recording, "Functions")
  ]
) {
  console.log(`\n${table.title}\n\n${tableText(table)}`)
}
