/**
 * How many columns of a terminal a text takes, and texts of so many columns. Pure.
 *
 * A Chinese character or an emoji takes two, an accent that stands by itself none.
 */

/** Of most texts the length is the width. */
const plain = /^[\u0020-\u007e]*$/
const wide =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|.\ufe0f)/u
const empty = /^[\p{Mn}\p{Me}\p{Cf}]+$/u

let segmenter: Intl.Segmenter | undefined

/** What a reader takes for one character, one after the other. */
const characters = (text: string): Iterable<{ readonly segment: string }> =>
  (segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" })).segment(text)

const widthOfOne = (character: string): number => empty.test(character) ? 0 : wide.test(character) ? 2 : 1

/** How many columns a text without line ends takes. */
export const width = (text: string): number => {
  if (plain.test(text)) return text.length
  let columns = 0
  for (const { segment } of characters(text)) columns += widthOfOne(segment)
  return columns
}

/** As much of a text as fits into so many columns; what is left out is a dot in the last of them. */
export const fit = (text: string, columns: number): string => {
  if (width(text) <= columns) return text
  let kept = ""
  let used = 1
  for (const { segment } of characters(text)) {
    used += widthOfOne(segment)
    if (used > columns) break
    kept += segment
  }
  return columns < 1 ? "" : `${kept}…`
}

/** A text with so many spaces behind it that it takes `columns`. */
export const padEnd = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)))

/** The same with the spaces before it. */
export const padStart = (text: string, columns: number): string => " ".repeat(Math.max(0, columns - width(text))) + text
