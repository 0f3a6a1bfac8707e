/** Programs in the three forms that they can have: sources, a folder of chunks, and one file. */
import { execFile, execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const command = fileURLToPath(new URL("../../src/cli/bin.js", import.meta.url))

/** A command with its arguments. */
export type Command = readonly [file: string, ...args: ReadonlyArray<string>]

export interface Built {
  readonly folder: Command
  readonly file: Command
  readonly remove: () => void
}

/** Has `heddle build` make both forms of a config module. */
export const build = (config: URL): Built => {
  const target = mkdtempSync(join(tmpdir(), "heddle-bench-"))
  const [folder, file] = [join(target, "dist"), join(target, "app")]
  execFileSync(process.execPath, [command, "build", fileURLToPath(config), "--out", folder, "--one-file", file], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  forget(file)
  return {
    folder: [process.execPath, join(folder, "start.mjs")],
    file: [file],
    remove: () => rmSync(target, { recursive: true })
  }
}

/** Linux maps a file that was just written in larger pieces than one that it has read from a disk, which is the usual case. */
const forget = (file: string): void => {
  try {
    execFileSync("dd", [`of=${file}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], { stdio: "ignore" })
  } catch {
    // Without it there is more memory, not less.
  }
}

/** Runs a program to its end; its output, and the time from exec to exit. */
export const runToEnd = async (
  [file, ...args]: Command
): Promise<{ readonly text: string; readonly millis: number }> => {
  const began = performance.now()
  const { stdout } = await promisify(execFile)(file, args)
  return { text: stdout, millis: performance.now() - began }
}
