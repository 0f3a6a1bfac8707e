/**
 * A folder with the records of dead threads, a file each. The oldest make room for new ones, because a thread may fail for years.
 */
import { readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as folders from "../base/folder.ts"
import type { PostMortem } from "../PostMortem.ts"

/** How many are kept. */
const most = 200
/** For how long they are kept. */
const longestMillis = 30 * 24 * 3600 * 1000

/** What begins with the time of a death, and is named as records are. Nothing else in the folder is touched. */
const ownName = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})Z-.+-\d+\.json$/

const nameOf = ({ atMillis, incarnation, thread }: PostMortem): string =>
  `${new Date(atMillis).toISOString().replaceAll(":", "-")}-${thread}-${incarnation}.json`

/** Which of the files in a folder are to go. Pure. */
export const surplus = (names: ReadonlyArray<string>, nowMillis: number): ReadonlyArray<string> => {
  const records = names.flatMap((name) => {
    const [, day, hours, minutes, seconds] = ownName.exec(name) ?? []
    return day === undefined ? [] : [{ name, atMillis: Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`) }]
  }).toSorted((a, b) => b.atMillis - a.atMillis)
  return records.filter(({ atMillis }, index) => index >= most || atMillis < nowMillis - longestMillis).map((
    { name }
  ) => name)
}

/** Makes what writes records into a folder, one after the other. `onProblem`: one could not be written. */
export const make = (folder: string, onProblem: (problem: string) => void) => {
  let last = Promise.resolve()
  const save = async (record: PostMortem): Promise<void> => {
    try {
      folders.make(folder, 0o700)
      await writeFile(join(folder, nameOf(record)), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
      const left = surplus(await readdir(folder), record.atMillis)
      await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
    } catch (error) {
      onProblem(`${folder}: ${String(error)}`)
    }
  }
  return (record: PostMortem): void => {
    last = last.then(() => save(record))
  }
}
