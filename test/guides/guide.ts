/**
 * A guide as a program: `docs/guides/*.md` are followed in an empty folder, block by block.
 *
 * ```text
 *   ```ts Greeter.ts     a file, whose name the text before names too
 *   ```sh                commands; one that does not end stays until the guide does, then SIGINT has to end it with code 0
 *   ```text              after commands: what they print, line by line, in this order, with others between
 * ```
 */
import { readFileSync } from "node:fs"

/** A step of a guide. */
export type Step =
  | { readonly _tag: "File"; readonly name: string; readonly text: string; readonly isAnnounced: boolean }
  | { readonly _tag: "Commands"; readonly commands: ReadonlyArray<string>; readonly prints: ReadonlyArray<string> }

const lines = (text: string): ReadonlyArray<string> => text.split("\n").filter((line) => line.trim() !== "")

/** Reads the steps of a guide. Throws at a block that is no step: nothing in a guide may be left out. */
const stepsOf = (file: URL): ReadonlyArray<Step> => {
  const guide = readFileSync(file, "utf8")
  const steps: Array<Step> = []
  for (const { 1: info = "", 2: body = "", index } of guide.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) {
    const [language, name] = info.split(" ")
    const last = steps.at(-1)
    if (name !== undefined) {
      const before = guide.slice(Math.max(0, index - 600), index)
      steps.push({ _tag: "File", name, text: body, isAnnounced: before.includes(`\`${name}\``) })
    } else if (language === "sh") {
      steps.push({ _tag: "Commands", commands: lines(body), prints: [] })
    } else if (language === "text" && last?._tag === "Commands" && last.prints.length === 0) {
      steps[steps.length - 1] = { ...last, prints: lines(body) }
    } else {
      throw new Error(`${file.pathname}: the block \`\`\`${info} is no file, no command and no output:\n${body}`)
    }
  }
  return steps
}

export const folder = new URL("../../docs/guides/", import.meta.url)

/** The steps of a guide by its file's name. */
export const steps = (name: string): ReadonlyArray<Step> => stepsOf(new URL(name, folder))

/** A line without what differs from run to run: times, durations, colors. */
export const steady = (line: string): string =>
  line
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/\u001b\[[0-9;]*m/g, "")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|"#\d+"|"[0-9a-f]{16}"|"[0-9a-f]{32}"/g, "")
    .replaceAll(/(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}([+-]\d\d:\d\d)?/g, "00:00:00.000")
    .replaceAll(/after \d+ ms/g, "after 0 ms")
    .trim()

/**
 * A line without what a command measures: numbers but those of lines and incarnations, spaces between columns, and the folder of a
 * file.
 */
export const shapeOf = (line: string): string =>
  steady(line)
    .replaceAll(/\/\S*\/(?=\w+\.ts)/g, "")
    .replaceAll(/(?<![:#\d."])\d+(\.\d+)?(?= |,|$)( (ms|s|min|kB|MB)\b)?/g, "0")
    .replaceAll(/\s+/g, " ")

/** The first of `wanted` that `printed` does not have, in this order, with others between. */
export const missing = (
  printed: string,
  wanted: ReadonlyArray<string>,
  normal: (line: string) => string = steady
): string | undefined => {
  const have = printed.split("\n").map(normal)
  let at = 0
  return wanted.find((line) => {
    const found = have.indexOf(normal(line), at)
    at = found + 1
    return found < 0
  })
}
