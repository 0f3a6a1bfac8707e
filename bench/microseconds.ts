/** Where do the microseconds of a message go? */
import { record, type SubjectName, subjects } from "./profile/record.ts"
import { partsTable } from "./profile/tables.ts"
import type { Answer, Table } from "./report.ts"

const names: ReadonlyArray<SubjectName> = ["asks", "lone", "tells", "stream", "http", "fanout"]
const times = { warmMillis: 3000, millis: 2000 }

const notes =
  "The processor time of a message, divided by V8's samples; the profiler itself costs some, so that the shares hold better " +
  "than the microseconds. Each column is a thread, or all threads that do the same. Parts are the folders of heddle and what " +
  "they call. Waiting is not counted. Native code and the kernel are what the profiler can't look into, mostly waking the " +
  "other thread. The last row includes the parts below half a percent."

export default async (): Promise<Answer> => {
  const tables: Array<Table> = []
  for (const name of names) {
    const recording = await record(name, times)
    tables.push(
      partsTable(recording, `Where its microseconds go: ${subjects[name].what}`, name === "asks" ? notes : undefined)
    )
  }
  return { measured: {}, tables }
}
